"""Reloading, disabling and enabling plugins while the application runs."""

from __future__ import annotations

import importlib
import sys
import textwrap
import threading

import pytest

from pegboard.errors import (
    ContributionNotFoundError,
    HostError,
    PluginCleanUpError,
    PluginError,
    PluginImportError,
    PluginNotFoundError,
    PluginStillRunningError,
)

# -- contributions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lazy", [True, False])
def test_new_code_replaces_the_old(application, lazy):
    application.plugin("a", "api.register('one', 1)\napi.register('both', 1)")
    host = application.start(lazy=lazy)
    assert application.things["both"] == 1

    application.plugin("a", "api.register('two', 2)\napi.register('both', 2)")
    change = host.reload("a")

    assert application.things.names() == ("two", "both")
    assert application.things["both"] == 2
    assert change.plugins == ("a",)
    assert change.modules == ("app.plugins.a",)
    assert application.reports == []


def test_an_edit_of_the_same_size_within_a_second_counts(application):
    for number in range(1, 6):
        application.plugin("a", f"api.register('x', {number})")
        if number == 1:
            application.start()
        else:
            application.host.reload("a")
        assert application.things["x"] == number


@pytest.mark.slow
def test_an_edit_within_a_second_counts_for_a_plugin_that_waits_to_be_used_too(application):
    application.plugin("a", "api.register('x', 1)")
    application.start_elsewhere()
    host = application.start()
    assert application.things.names() == ("x",)
    application.plugin("a", "api.register('y', 1)")
    host.reload("a")
    assert application.things.names() == ("y",)


def test_names_that_the_new_code_does_not_have_are_gone(application):
    application.plugin("a", "OLD = 1\napi.register('x')")
    host = application.start(lazy=False)
    host.start()
    application.plugin("a", "NEW = 1\napi.register('x')")
    host.reload("a")

    import app.plugins

    assert not hasattr(app.plugins.a, "OLD")
    assert app.plugins.a.NEW == 1
    assert app.plugins.a is sys.modules["app.plugins.a"]


def test_new_code_that_cannot_be_imported_changes_nothing(application):
    application.plugin("a", "def f(): return 'old'\napi.register('x', f)\napi.provide(api.View, lambda: f())")
    host = application.start()
    view = host.container.get(application.api.View)
    before = sys.modules["app.plugins.a"]

    application.plugin("a", "api.register('half')\ndef f() return 'new'")
    with pytest.raises(PluginImportError, match=r"invalid syntax|expected ':'"):
        host.reload("a")

    assert application.things.names() == ("x",)
    assert application.things["x"]() == "old"
    assert host.container.get(application.api.View) is view
    assert sys.modules["app.plugins.a"] is before
    import app.plugins

    assert app.plugins.a is before
    plugin = host.plugin("a")
    assert (plugin.state, plugin.reason) == ("active", "it could not be reloaded, and what there was before is in use")
    assert [error.code for error in application.reports] == ["plugin-import-failed"]

    application.plugin("a", "api.register('fixed')")
    host.reload("a")
    assert application.things.names() == ("fixed",)
    assert (plugin.reason, plugin.error, host.problems) == (None, None, [])


def test_the_same_mistake_is_told_again_after_it_was_mended(application):
    application.plugin("a", "api.register('x')")
    host = application.start()
    host.start()
    for _ in range(2):
        application.plugin("a", "1/0")
        with pytest.raises(PluginImportError):
            host.reload("a")
        application.plugin("a", "api.register('x')")
        host.reload("a")
    assert len(application.reports) == 2


def test_a_broken_plugin_that_was_mended_comes_into_use(application):
    application.plugin("a", "1/0")
    host = application.start()
    host.start()
    assert host.plugin("a").state == "broken"

    application.plugin("a", "api.register('x')")
    host.reload("a")

    assert application.things.names() == ("x",)
    assert host.plugin("a").state == "active"


def test_what_was_registered_later_goes_with_the_old_code(application):
    application.plugin("a", "def later(): api.register('late', 1)\napi.register('later', later)")
    host = application.start()
    application.things["later"]()
    assert application.things.names() == ("later", "late")

    host.reload("a")

    assert application.things.names() == ("later",)


def test_wishes_for_order_are_those_of_the_new_code(application):
    for name in "ab":
        application.plugin(name, f"api.register('{name}')")
    host = application.start()
    assert application.things.names() == ("a", "b")

    application.plugin("a", "api.host.declare(after=['b'])\napi.register('a')")
    host.reload("a")

    assert application.things.names() == ("b", "a")


def test_a_plugin_that_another_one_overrides_serves_when_that_is_disabled(application):
    application.plugin("a", "api.register('x', 'a')")
    application.plugin("b", "api.register('x', 'b', override=True)")
    host = application.start()
    assert application.things["x"] == "b"
    host.disable("b")
    assert application.things["x"] == "a"
    host.enable("b")
    assert application.things["x"] == "b"


# -- what was built ----------------------------------------------------------------------------------------------------


def test_what_depends_on_the_old_code_is_built_anew_and_nothing_else(application):
    application.plugin("a", "api.provide('a', lambda: 'old')")
    application.plugin("b", "class B: pass\napi.provide('b', B)")
    host = application.start()

    class Both:
        def __init__(self, a, b):
            self.parts = a, b

    container = host.container
    container.provide(Both, lambda: Both(container.get("a"), container.get("b")))
    old, b = container.get(Both), container.get("b")

    application.plugin("a", "api.provide('a', lambda: 'new')")
    host.reload("a")

    assert container.get(Both) is not old
    assert container.get(Both).parts == ("new", b)


CLEANING = """
    def make(name):
        def provider():
            api.log.append(f'{name} begins')
            yield name
            api.log.append(f'{name} ends')
        return provider
    api.provide('first', make('first'))
    api.provide('second', make('second'))
    api.provide('third', make('third'), scope='request')
    api.on_unload(lambda: api.log.append('one'))
    api.on_unload(lambda: api.log.append('two'))
    def handle():
        scope = api.scope('request')
        scope.__enter__()
        scope.get('third')
    api.register('handle', handle)
"""


@pytest.mark.parametrize("how", ["reload", "disable", "close"])
def test_everything_that_was_opened_is_ended_in_reverse_order(application, how):
    application.plugin("a", CLEANING)
    host = application.start()
    for key in ("first", "second"):
        host.container.get(key)
    application.things["handle"]()
    application.log.clear()

    host.close() if how == "close" else getattr(host, how)("a")

    assert application.log == ["third ends", "second ends", "first ends", "two", "one"]
    application.log.clear()
    host.close()
    assert application.log == (["two", "one"] if how == "reload" else [])


def test_what_the_application_built_from_it_is_ended_too(application):
    application.plugin("a", "api.provide('a', lambda: 1)")
    host = application.start()

    def users():
        yield host.container.get("a")
        application.log.append("the application's ends")

    host.container.provide("user", users)
    host.container.get("user")
    host.disable("a")
    assert application.log == ["the application's ends"]


def test_a_scope_of_somebody_else_stays_open(application):
    application.plugin("a", "api.provide('a', lambda: 1, scope='request')")
    application.plugin("b", "api.provide('b', lambda: [], scope='request')")
    host = application.start()
    with host.container.scope("request") as request:
        b = request.get("b")
        request.get("a")
        host.disable("a")
        assert request.get("b") is b
        with pytest.raises(PluginError.__mro__[1], match="nothing provides"):
            request.get("a")


def test_clean_ups_that_fail_are_reported_and_keep_nothing_from_ending(application):
    application.plugin(
        "a",
        """
        def provider():
            yield 1
            raise OSError('disk on fire')
        api.provide('a', provider)
        api.on_unload(lambda: api.log.append('told'))
        @api.on_unload
        def stop(): raise SystemExit(3)
        """,
    )
    host = application.start()
    host.container.get("a")

    change = host.disable("a")

    assert application.log == ["told"]
    assert list(change.faults) == application.reports
    first, second = change.faults
    assert isinstance(first, PluginCleanUpError)
    assert str(first).startswith("plugin 'a' failed while 'a' was cleaned up\n  cause: OSError: disk on fire")
    assert "a.py:5" in str(first)
    assert "what it gave to on_unload (stop)" in str(second)
    assert "it called sys.exit(3)" in str(second)


ODD_CLEAN_UPS = {
    "the text of its error raises": """
        class Odd(Exception):
            def __str__(self): raise SystemExit(0)
        api.on_unload(raising(Odd()))
        """,
    "its error cannot be touched": """
        class Odd(BaseException):
            __class__ = __notes__ = __cause__ = __traceback__ = property(raising(SystemExit()))
            add_note = with_traceback = raising(SystemExit())
        api.on_unload(raising(Odd()))
        """,
    "its error says that it is the framework's": """
        class Odd(Exception):
            __class__ = __import__("pegboard").PluginError
        api.on_unload(raising(Odd()))
        """,
    "the module's name is a number": """
        api.on_unload(raising(ValueError()))
        __name__ = 5
        """,
    "the function cannot be shown": """
        class Odd:
            __call__ = raising(ValueError())
            __repr__ = __getattr__ = raising(SystemExit())
        api.on_unload(Odd())
        """,
    "the function has a name that is no text": """
        class Odd:
            def __init__(self): self.__qualname__ = 5
            __call__ = raising(ValueError())
            __repr__ = raising(GeneratorExit())
        api.on_unload(Odd())
        """,
    "a component's key cannot be shown any more": """
        class Meta(type):
            def __getattribute__(cls, name):
                if state: raise SystemExit
                return super().__getattribute__(name)
        state = []
        class Odd(metaclass=Meta):
            pass
        def provider():
            state.append(1)
            yield 1
            raise ValueError
        api.provide(Odd, provider)
        api.built = lambda: api.host.container.get(Odd)
        """,
    "it ends the thread that runs it": "api.on_unload(lambda: __import__('_thread').exit())",
    "it raises what is the user's": "api.on_unload(raising(__import__('asyncio').CancelledError()))",
}


@pytest.mark.parametrize("deadline_s", [None, 5.0])
@pytest.mark.parametrize("what", ODD_CLEAN_UPS)
def test_whatever_a_clean_up_does_the_others_are_called_and_the_plugin_is_named(application, what, deadline_s):
    application.plugin(
        "a",
        "def raising(error):\n"
        "    def function(*_):\n        raise error\n    return function\n"
        "api.built = lambda: None\n"
        "api.on_unload(lambda: api.log.append('first'))\n"
        + textwrap.dedent(ODD_CLEAN_UPS[what])
        + "\napi.on_unload(lambda: api.log.append('last'))\n",
    )
    host = application.start(lazy=False)
    host.start()
    application.api.built()

    change = host.disable("a", deadline_s=deadline_s)

    assert application.log == ["last", "first"]
    assert [fault.plugin for fault in change.faults] == ["a"]
    assert [fault.plugin for fault in application.reports] == ["a"]
    assert host.plugin("a").state == "disabled"


def test_what_the_applications_own_clean_up_raises_is_raised_when_all_is_done(application):
    application.plugin("a", "api.provide('a', lambda: 1)\napi.on_unload(lambda: api.log.append('told'))")
    host = application.start()

    def user():
        yield host.container.get("a")
        raise OSError("the application's own")

    host.container.provide("user", user)
    host.container.get("user")
    with pytest.raises(ExceptionGroup) as caught:
        host.disable("a")
    assert [str(error) for error in caught.value.exceptions] == ["the application's own"]
    assert application.log == ["told"]
    assert host.plugin("a").state == "disabled"


def test_a_clean_up_that_does_not_end_is_named_and_left(application):
    application.plugin(
        "a",
        """
        import threading
        go_on = threading.Event()
        def provider():
            yield go_on
            go_on.wait()
        api.provide('a', provider)
        api.on_unload(lambda: api.log.append('told'))
        """,
    )
    host = application.start()
    go_on = host.container.get("a")

    change = host.disable("a", deadline_s=0.05)

    go_on.set()
    assert application.log == ["told"]
    (fault,) = change.faults
    assert fault.cause == "it did not end within 0.05 s, and was not waited for any longer"
    assert "a.py:7" in fault.where()


def test_without_a_deadline_clean_ups_run_in_the_callers_thread(application):
    application.plugin("a", "import threading\napi.on_unload(lambda: api.log.append(threading.current_thread()))")
    host = application.start(lazy=False)
    host.reload("a", deadline_s=None)
    assert application.log == [threading.current_thread()]


def test_a_failed_import_ends_what_it_had_opened(application):
    application.plugin("a", "api.on_unload(lambda: api.log.append('told'))\n1/0")
    host = application.start()
    host.start()
    assert application.log == ["told"]


def test_a_failed_reload_ends_only_what_the_new_code_had_opened(application):
    application.plugin("a", "api.on_unload(lambda: api.log.append('old'))")
    host = application.start(lazy=False)
    host.start()
    application.plugin("a", "api.on_unload(lambda: api.log.append('new'))\n1/0")
    with pytest.raises(PluginImportError):
        host.reload("a")
    assert application.log == ["new"]
    host.disable("a")
    assert application.log == ["new", "old"]


# -- threads -----------------------------------------------------------------------------------------------------------

POLLER = """
    import threading
    stop = threading.Event()
    def poll(): stop.wait()
    threading.Thread(target=poll, name='poller', daemon=True).start()
    api.register('stop', stop)
"""


def test_a_thread_that_goes_on_is_named(application):
    application.plugin("a", POLLER)
    host = application.start()
    stop = application.things["stop"]

    change = host.reload("a", deadline_s=0.05)

    stop.set()
    (fault,) = change.faults
    assert isinstance(fault, PluginStillRunningError)
    assert str(fault).splitlines()[0] == "plugin 'a' was unloaded, but its thread 'poller' still runs"
    assert "a.py:5" in fault.where()
    application.things["stop"].set()


def test_a_thread_that_is_ended_by_on_unload_is_not(application):
    application.plugin("a", POLLER + "    api.on_unload(stop.set)\n")
    host = application.start()
    host.start()
    assert host.reload("a").faults == ()
    assert host.disable("a").faults == ()


# -- who goes with it --------------------------------------------------------------------------------------------------


def test_plugins_that_use_its_code_are_reloaded_with_it(application):
    application.plugin("base", "VERSION = 1\nclass Thing: pass")
    application.plugin("user", "from app.plugins.base import Thing, VERSION\napi.register('version', VERSION)")
    application.plugin("users_user", "from app.plugins import user\napi.register('versions', user.VERSION)")
    application.plugin("other", "api.register('other', object())")
    host = application.start()
    other = application.things["other"]
    assert application.things["versions"] == 1

    application.plugin("base", "VERSION = 2\nclass Thing: pass")
    change = host.reload("base")

    assert change.plugins == ("base", "user", "users_user")
    assert (application.things["version"], application.things["versions"]) == (2, 2)
    assert application.things["other"] is other
    assert host.disable("users_user").plugins == ("users_user",)


def test_a_user_that_cannot_do_with_the_new_code_is_broken_as_after_a_restart(application):
    application.plugin("base", "VERSION = 1\napi.register('base')")
    application.plugin("user", "from app.plugins.base import VERSION\napi.register('version', VERSION)")
    host = application.start(lazy=False)
    host.start()
    application.plugin("base", "api.register('base')")

    host.reload("base")

    assert application.things.names() == ("base",)
    assert host.plugin("user").state == "broken"
    assert "VERSION" in application.reports[0].cause


def test_ctrl_c_while_a_user_is_imported_anew_passes_when_all_is_ended(application):
    application.plugin("base", "VERSION = 1\napi.on_unload(lambda: api.log.append('base ended'))")
    text = "from app.plugins.base import VERSION\napi.register('version', VERSION)\nif api.log: raise KeyboardInterrupt"
    application.plugin("user", text)
    host = application.start(lazy=False)
    host.start()
    application.log.append("begin")

    with pytest.raises(KeyboardInterrupt):
        host.reload("base")

    assert application.log == ["begin", "base ended"]
    assert application.things.names() == ()
    application.log.clear()
    host.reload("user")
    assert application.things.names() == ("version",)


def test_modules_below_it_and_packages_of_its_distribution_are_imported_anew(application):
    files = {
        "app/plugins/csv/__init__.py": "from app import api\nfrom . import part\nimport acme_csv.core\n"
        "api.register('csv', (part.VALUE, acme_csv.core.VALUE))\n",
        "app/plugins/csv/part.py": "VALUE = 1\n",
        "acme_csv/__init__.py": "",
        "acme_csv/core.py": "VALUE = 1\n",
    }
    application.distribution("acme-csv", files)
    host = application.start()
    assert application.things["csv"] == (1, 1)

    application.tree.write("app/plugins/csv/part.py", "VALUE = 2\n")
    application.tree.write("acme_csv/core.py", "VALUE = 3\n")
    change = host.reload("csv")

    assert application.things["csv"] == (2, 3)
    assert change.modules == ("acme_csv", "acme_csv.core", "app.plugins.csv", "app.plugins.csv.part")


def test_a_package_that_the_application_uses_stays(application):
    files = {
        "app/plugins/csv.py": "from app import api\nimport acme_csv.core\napi.register('csv', acme_csv.core.VALUE)\n",
        "acme_csv/__init__.py": "",
        "acme_csv/core.py": "VALUE = 1\n",
    }
    application.distribution("acme-csv", files)
    application.tree.write("app/main.py", "from acme_csv import core")
    host = application.start()
    import app.main

    assert application.things["csv"] == 1
    application.tree.write("acme_csv/core.py", "VALUE = 2\n")

    change = host.reload("csv")

    assert application.things["csv"] == 1
    assert change.kept == ("acme_csv",)
    assert app.main.core is sys.modules["acme_csv.core"]


def test_a_plugin_whose_name_begins_with_its_name_is_another_one(application):
    application.plugin("csv", "api.register('csv', object())")
    application.plugin("csv2", "api.register('csv2', object())")
    host = application.start()
    before = application.things["csv2"]
    host.reload("csv")
    assert application.things["csv2"] is before


# -- disabling and enabling --------------------------------------------------------------------------------------------


def test_a_disabled_plugin_is_gone_from_the_interpreter(application):
    application.plugin("a", "api.register('x')")
    host = application.start()
    application.things["x"]
    host.disable("a", "not wanted")

    with pytest.raises(ContributionNotFoundError):
        application.things["x"]
    assert "app.plugins.a" not in sys.modules
    with pytest.raises(ImportError, match="it is disabled: not wanted"):
        importlib.import_module("app.plugins.a")
    with pytest.raises(PluginError, match="it is disabled: not wanted"):
        host.reload("a")


@pytest.mark.slow
def test_a_plugin_that_was_not_imported_is_disabled_without_importing_it(application):
    application.plugin("a", "api.log.append('imported')\napi.register('x')")
    application.start_elsewhere()
    host = application.start()
    assert application.things.names() == ("x",)
    host.disable("a")
    assert application.things.names() == ()
    assert application.log == []


def test_enabling_one_that_cannot_be_imported_says_why(application):
    application.plugin("a", "api.register('x')")
    host = application.start()
    host.disable("a")
    application.plugin("a", "1/0")
    with pytest.raises(PluginImportError, match="ZeroDivisionError"):
        host.enable("a")
    assert host.plugin("a").state == "broken"
    host.enable("a")  # it is not disabled any more


@pytest.mark.parametrize("how", ["reload", "disable", "enable"])
def test_a_name_that_there_is_not_is_refused(application, how):
    application.plugin("balance", "")
    host = application.start()
    with pytest.raises(PluginNotFoundError, match="did you mean 'balance'"):
        getattr(host, how)("balanse")


def test_a_required_plugin_is_not_disabled(application):
    application.plugin("a", "api.register('x')")
    host = application.start(required=["a"])
    with pytest.raises(HostError, match="the application requires it"):
        host.disable("a")
    assert application.things.names() == ("x",)


def test_a_plugin_cannot_reload_itself_while_it_is_imported(application):
    application.plugin("a", "api.host.reload('a')")
    host = application.start()
    host.start()
    (problem,) = application.reports
    assert "cannot be changed while it is being imported" in problem.cause


def test_a_plugin_may_reload_itself_later(application):
    application.plugin("a", "def again(): api.host.reload('a'); return 'old'\napi.register('again', again)")
    host = application.start()
    before = application.things["again"]
    assert before() == "old"
    assert application.things["again"] is not before
    assert host.problems == []


# -- many at once ------------------------------------------------------------------------------------------------------


def test_readers_see_the_old_or_the_new_and_never_nothing(application):
    application.plugin("a", "api.register('x', ('old', 'old'))")
    host = application.start()
    assert application.things["x"]
    seen, failed, stop = set(), [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                seen.add(application.things["x"])
            except Exception as error:
                failed.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(30):
        application.plugin("a", f"api.register('x', ({number}, {number}))")
        host.reload("a")
    stop.set()
    for reader in readers:
        reader.join()

    assert failed == []
    assert all(left == right for left, right in seen)


def test_two_threads_may_reload_at_once(application):
    for name in "ab":
        application.plugin(name, f"api.register('{name}', object())")
    host = application.start()
    application.things["a"], application.things["b"]
    errors = []

    def work(name):
        try:
            for _ in range(20):
                host.reload(name)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "aabb"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert application.things.names() == ("a", "b")
