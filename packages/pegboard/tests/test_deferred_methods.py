"""Methods that a class leaves to another class until they are used, see `index.deferred`."""

from __future__ import annotations

import inspect
import pickle
import pydoc
import subprocess
import sys
import threading
import types
from abc import ABC, abstractmethod
from unittest import mock

import pytest

from pegboard import Container, Host, Registry
from pegboard.container_methods import ContainerMethods
from pegboard.host_methods import HostMethods
from pegboard.index import Deferred, deferred
from pegboard.manager import PluginManager
from pegboard.manager_methods import ManagerMethods
from pegboard.registry_methods import RegistryMethods

CLASSES = [
    (Container, ContainerMethods),
    (Host, HostMethods),
    (PluginManager, ManagerMethods),
    (Registry, RegistryMethods),
]


def defined(source):
    """Return the names of what a class defines itself."""
    return {name for name, value in vars(source).items() if callable(value) or isinstance(value, property)} - {
        "__class_getitem__"
    }


class Methods:
    """Some methods, as those modules define them."""

    def reload(self, name: str, *, deadline_s: float | None = 5.0) -> object:
        """Import it anew."""
        return self._lifecycle()(name, deadline_s)

    again = reload

    async def areload(self, name: str) -> None:
        """Do what `reload` does."""

    @property
    def size(self) -> int:
        """How many there are."""
        return 3


@pytest.fixture
def hosts(monkeypatch):
    """Return a class whose methods have not been used yet."""
    module = types.ModuleType("somewhere_else")
    # other functions each time: what they are called follows from the class
    module.Methods = type("Methods", (), {name: _copy(value) for name, value in vars(Methods).items()})
    monkeypatch.setitem(sys.modules, "somewhere_else", module)

    class Fresh:
        vars().update(deferred("somewhere_else.Methods", "reload again areload size"))

        def start(self):
            return "its own"

    return Fresh


def _copy(value):
    if not inspect.isfunction(value):
        return value
    copied = types.FunctionType(value.__code__, value.__globals__, value.__name__)
    copied.__kwdefaults__, copied.__annotations__, copied.__doc__ = (
        value.__kwdefaults__,
        value.__annotations__,
        value.__doc__,
    )
    return copied


@pytest.mark.parametrize(("cls", "source"), CLASSES)
def test_every_method_of_the_other_class_is_one_of_the_class(cls, source):
    assert defined(source) - {"__init__"} <= set(vars(cls))
    for name in defined(source):
        inspect.getattr_static(cls, name)
        getattr(cls, name)  # puts them in their places
        assert vars(cls)[name] is vars(source)[name]


@pytest.mark.parametrize("cls", [cls for cls, _ in CLASSES])
def test_nothing_is_deferred_that_nobody_defines(cls):
    for name in vars(cls).copy():
        getattr(cls, name)

    assert not [name for name, value in vars(cls).items() if type(value) is Deferred]


def test_a_method_is_a_function_of_the_class_as_soon_as_it_is_looked_at(hosts):
    assert inspect.isfunction(hosts.reload)
    assert str(inspect.signature(hosts.reload)).startswith("(self, name: 'str', *, deadline_s: ")
    assert inspect.isfunction(vars(hosts)["areload"])
    assert hosts.again.__doc__ == "Import it anew."
    assert hosts().size == 3
    assert isinstance(vars(hosts)["size"], property)
    assert hosts.__dict__["start"](None) == "its own"


def test_help_inspection_and_pickles_name_the_class_itself():
    Host.close  # noqa: B018 -- whichever is looked at first

    assert Host.reload.__qualname__ == "Host.reload"
    assert Host.reload.__module__ == "pegboard.host"
    assert "Import the plugin of that name again" in pydoc.render_doc(Host.reload, renderer=pydoc.plaintext)
    assert " |  async areload(self, name: 'str'" in pydoc.render_doc(Host, renderer=pydoc.plaintext)
    assert "def reload" in inspect.getsource(Host.reload)
    assert pickle.loads(pickle.dumps(Host.reload)) is Host.reload
    assert "rescan" in dir(Host)


def test_a_wrong_call_names_the_class_itself():
    with pytest.raises(TypeError, match=r"Host\.reload\(\) missing 1 required positional argument: 'name'"):
        Host("notes").reload()


def test_a_subclass_may_extend_a_method_before_and_after_its_first_use(hosts):
    class Loud(hosts, ABC):
        @abstractmethod
        def name(self): ...

        def reload(self, name, **more):
            return super().reload(name, **more)

        def _lifecycle(self):
            return lambda *given: given

    class Whole(Loud):
        def name(self): ...

    assert Whole().reload("csv", deadline_s=1) == ("csv", 1)
    assert Whole().reload("csv") == ("csv", 5.0)
    assert Whole.areload is hosts.areload


def test_a_method_can_be_replaced_for_a_test(hosts):
    with mock.patch.object(hosts, "reload", return_value=3):
        assert hosts().reload("csv") == 3

    assert inspect.isfunction(hosts.reload)
    assert mock.create_autospec(hosts).reload


def test_several_threads_may_be_the_first_to_use_one(hosts):
    methods = []
    barrier = threading.Barrier(8)

    def look():
        barrier.wait()
        methods.append(hosts.reload)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert methods == [hosts.reload] * 8


def test_a_deferred_object_outlives_its_replacement(hosts):
    early = vars(hosts)["reload"]
    method = hosts.reload

    assert early.__get__(None, hosts) is method


def test_what_nobody_defines_is_missing():
    class Wrong:
        vars().update(deferred("pegboard.host_methods.HostMethods", "no_such"))

    with pytest.raises(AttributeError, match="no_such"):
        Wrong().no_such  # noqa: B018


@pytest.mark.slow
def test_a_host_is_made_and_its_class_pickled_without_the_module_of_the_methods():
    code = (
        "import sys, pickle; from pegboard import Host; host = Host('notes', slow_after=None); host.registry('exporters');"
        "pickle.dumps(Host); assert not [name for name in sys.modules if name.endswith('_methods')], sys.modules;"
        "host.close; assert 'pegboard.host_methods' in sys.modules"
    )

    subprocess.run([sys.executable, "-I", "-c", code], check=True)
