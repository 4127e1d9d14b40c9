"""Where other processes find a host: the address, and the host that is there."""

import gc
import sys

import pytest

from pegboard import address
from pegboard.address import address_of, host_at
from pegboard.errors import HostAddressError, describe_exception

MADE = "from pegboard import Host\n"
OPTIONS = "config_directory='config', cache_directory='cache', environ={}"


@pytest.fixture(name="module")
def of_module(tree):
    """Return a function that writes and imports `desk.app`, the module of an application that makes its host."""
    gc.collect()
    tree.write("desk/__init__.py")

    def write(text, name="desk.app"):
        tree.write(f"{name.replace('.', '/')}.py", MADE + text.replace("HOST", f"Host('desk', {OPTIONS})"))
        __import__(name)
        return sys.modules[name]

    yield write
    address._made.clear()
    address._kept.clear()


@pytest.mark.parametrize(
    ("text", "get", "place"),
    [
        ("host = HOST", "host", "desk.app:host"),
        ("_hidden = HOST", "_hidden", "desk.app:_hidden"),
        ("class Desk:\n  host = HOST", "Desk.host", "desk.app:Desk.host"),
        ("class Desk:\n  def __init__(self): self.host = HOST\ndesk = Desk()", "desk.host", "desk.app:desk.host"),
        ("def __getattr__(name):\n  if name[0] == '_': raise AttributeError\nh = HOST", "h", "desk.app:h"),
    ],
)
def test_a_host_has_the_address_of_its_name(module, text, get, place):
    found = module(text)
    for part in get.split("."):
        found = getattr(found, part)
    assert address_of(found) == place
    assert host_at(place) is found


@pytest.mark.parametrize(
    "decorator",
    ["", "import functools\n@functools.cache\n", "import functools\n@functools.lru_cache(maxsize=None)\n"],
)
def test_a_function_without_arguments_is_called_once_and_not_for_a_host_that_is_there(module, decorator):
    made = module(f"calls = []\n{decorator}def make(strict=False):\n  calls.append(1)\n  return HOST")
    host = made.make()
    place = address_of(host)
    assert (place, host_at(place) is host, made.calls) == ("desk.app:make", True, [1])
    host.close()
    del host
    if decorator:
        made.make.cache_clear()
    gc.collect()
    again = host_at(place)
    assert (host_at(place) is again, made.calls) == (True, [1, 1])


def test_a_host_that_another_module_keeps_is_found_there(module):
    module("def make(name): return HOST", "desk.factory")
    kept = module("from desk.factory import make\nhost = make('desk')", "desk.kept")
    assert address_of(kept.host) == "desk.kept:host"


@pytest.mark.parametrize(
    "text",
    [
        "def make(name): return HOST\nhosts = [make('a')]",
        "def make(*, name): return HOST\nhosts = [make(name='a')]",
        "def make(): yield HOST\nhosts = list(make())",
        "hosts = [HOST]",
    ],
)
def test_a_host_without_a_name_has_no_address(module, text):
    with pytest.raises(HostAddressError) as caught:
        address_of(module(text).hosts[0])
    assert "it is made at" in caught.value.cause
    assert "app.py:" in caught.value.cause
    assert "variable" in caught.value.advice


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        ("nosuchpackage.app:host", "No module named 'nosuchpackage'"),
        ("desk.nosuch:host", "No module named 'desk.nosuch'"),
        ("desk.app:hots", "has no attribute 'hots'"),
        ("desk.app:other", "there is 3, which is no host"),
        ("desk.app:other.real", "there is 3, which is no host"),
        ("desk.app:needs", "missing 1 required positional argument"),
        ("desk.app:returns_none", "there is None, which is no host"),
        ("desk.app:fails", "ZeroDivisionError"),
        ("desk.app:leaves", "it called sys.exit(3)"),
        ("desk.broken:host", "it called sys.exit(4)"),
        ("desk.app", "an address is a module and a name in it"),
        ("desk app:host", "an address is a module and a name in it"),
        (":host", "an address is a module and a name in it"),
        (None, "an address is a module and a name in it"),
        ("__main__:nosuchname", "has no attribute 'nosuchname'"),
    ],
)
def test_where_there_is_no_host_the_error_says_what_is_there(module, tree, place, cause):
    tree.write("desk/broken.py", "import sys\nsys.exit(4)")
    module(
        "import sys\nhost = HOST\nother = 3\ndef needs(x): return host\ndef returns_none(): pass\n"
        "def fails(): return 1 / 0\ndef leaves(): sys.exit(3)\n"
    )
    with pytest.raises(HostAddressError) as caught:
        host_at(place)
    assert cause in caught.value.cause
    assert repr(place) in describe_exception(caught.value)
    assert ("is imported" in (caught.value.advice or "")) is str(place).startswith("__main__")


def test_ctrl_c_is_the_users(module):
    module("def make(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        host_at("desk.app:make")
