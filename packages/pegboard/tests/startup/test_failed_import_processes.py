"""A plugin that fails when it is first used is left out as at an eager start; the application goes on."""

from __future__ import annotations

from typing import ClassVar

import pytest

FAILS = "import pathlib\nif pathlib.Path({!r}).exists(): raise {}\n"


@pytest.fixture
def flag(application):
    return application.root / "flag"


def failing(application, flag, error="ConnectionError('no net')", text=""):
    """Return the application, started once, with a plugin `b` that fails when *flag* is there."""
    application.plugin("a")
    application.plugin("b", "register('more', 2)\n" + text + FAILS.format(str(flag), error))
    application.plugin("c")
    application.settle()
    assert application.names()["names"] == ["t-a", "t-b", "more", "t-c"]
    assert application.names().imported == []
    flag.touch()
    return application


class TestNamesOfAPluginThatHasFailed:
    @pytest.mark.parametrize(
        "error", ["ConnectionError('no net')", "SystemExit(3)", "GeneratorExit", "RecursionError", "KeyError('x')"]
    )
    def test_items_goes_on_without_it_and_every_start_names_it_once(self, application, flag, error):
        failing(application, flag, error)
        step = "result['items'] = list(things.items()); result['names'] = list(things), len(things), things.names()"
        eager = application.run(step, APP_PLUGINS_LAZY="0")
        assert eager["items"] == [["t-a", "a"], ["t-c", "c"]]
        for _ in range(3):
            run = application.run(step)
            assert (run.result, run.stderr) == (eager.result, eager.stderr)
            assert run.stderr.count("'b' could not be imported") == 1
        flag.unlink()
        for _ in range(2):
            assert application.names()["names"] == ["t-a", "t-b", "more", "t-c"]

    def test_the_first_look_raises_its_error_and_the_next_ones_a_key_error_that_names_it(self, application, flag):
        failing(application, flag)
        step = """
def attempt(question):
    try: return question()
    except Exception as error: return [type(error).__name__, isinstance(error, KeyError), str(error)]
result['all'] = [attempt(lambda: things['t-b']), attempt(lambda: things['t-b']), attempt(lambda: things['more']),
    attempt(lambda: things.describe('more')), attempt(lambda: things.owner('more').name)]
result['asked'] = [things.get('t-b', 0), things.get('more'), 't-b' in things, 'more' in things, things.names()]
result['why'] = str(host.explain('things', 'more'))
"""
        run = failing_run = application.run(step)
        first, *others = failing_run["all"]
        assert first[:2] == ["PluginImportError", False]
        for name, is_key_error, text in others:
            assert (name, is_key_error) == ("ContributionNotFoundError", True)
            assert "plugin 'b' could not be imported and is left out: ConnectionError: no net" in text
            assert "leave it out with APP_NO_PLUGINS=b" in text
        assert run["asked"] == [0, None, False, False, ["t-a", "t-c"]]
        assert "plugin 'b' (broken): its plugin cannot be used" in run["why"]

    def test_a_loop_over_names_skips_what_has_failed_meanwhile(self, application, flag):
        failing(application, flag)
        step = """
result['seen'] = []
for name in things:
    try: result['seen'].append(things[name])
    except Exception as error: result['seen'].append(type(error).__name__)
"""
        assert application.run(step)["seen"] == ["a", "PluginImportError", "c"]

    def test_get_gives_the_default_as_at_an_eager_start(self, application, flag):
        failing(application, flag)
        assert application.run("result['got'] = things.get('t-b', 'default')")["got"] == "default"

    def test_a_strict_application_is_told(self, application, flag):
        failing(application, flag)
        configuration = application.home / ".config/app/plugins.toml"
        configuration.parent.mkdir(parents=True)
        configuration.write_text("strict = true\n")
        application.settle()
        flag.unlink()
        application.names()
        flag.touch()
        assert application.run("list(things.items())")["error"].startswith("PluginImportError")

    def test_what_it_provided_and_wrapped_is_done_without(self, application, flag):
        text = "class Mine(api.Clock):\n    def now(self): return 'its'\nprovide(api.Clock, Mine)\nprovide('own', 1)\n"
        text += "host.container.decorate('text', lambda it: it + '!')\n"
        failing(application, flag, text="from app.api import host\n" + text)
        step = """
host.container.provide('text', 'text')
def attempt(question):
    try: return question()
    except Exception as error: return str(error).splitlines()[0]
result['all'] = [attempt(lambda: host.container.get(key)) for key in ('text', api.Clock, 'own')]
result['all'][1] = result['all'][1].now()
def needs(own: 'own' = 'default'): return own
result['call'] = host.container.call(needs)
result['why'] = host.container.explain('own').providers[0].status
"""
        run = application.run(step)
        assert run["all"] == ["text", "real", "plugin 'b' could not provide 'own'"]
        assert (run["call"], run["why"]) == ("default", "its plugin cannot be used")
        eager = application.run(step.rpartition("result['why']")[0], APP_PLUGINS_LAZY="0")
        assert (eager["all"], eager["call"]) == ([*run["all"][:2], "nothing provides 'own'"], "default")
        assert run.stderr.count("'b' could not be imported") == 1


class TestOrder:
    """An eager start imports plugins one after the other; what works only there is imported like that."""

    LIBRARY: ClassVar = {
        "tangled/__init__.py": "",
        "tangled/alpha.py": "SETTINGS = {}\nfrom tangled.beta import beta\ndef alpha(): return 'a'\n",
        "tangled/beta.py": "from tangled.alpha import SETTINGS\ndef beta(): return 'b'\n",
    }

    @pytest.fixture
    def tangled(self, application):
        """Return an application whose plugin `c` works only after `b`; `a` and `d` have nothing to do with it."""
        for path, text in self.LIBRARY.items():
            application.write(path, text)
        application.plugin("a")
        application.plugin("b", "from tangled.alpha import alpha\nregister('alpha', alpha)\n")
        application.plugin("c", "from tangled.beta import beta\nregister('beta', beta)\n")
        application.plugin("d")
        application.settle()
        application.names()
        return application

    def test_what_fails_alone_is_imported_after_those_before_it_and_later_at_once(self, tangled):
        step = "result['got'] = things['beta'](); result['tried'] = host.plugin('c').is_in_order"
        run = tangled.run(step)
        assert (run["got"], run.stderr) == ("b", "")
        assert run.imported == ["c", "a", "b", "c"]
        run = tangled.run(step)
        assert (run["got"], run["tried"], run.stderr) == ("b", True, "")
        assert run.imported == ["a", "b", "c"]
        assert tangled.run("result['got'] = things['alpha']()").imported == ["b"]

    def test_it_does_not_matter_who_imports_it(self, tangled):
        index = tangled.index.read_bytes()
        for step in ("import app.plugins.c as c", "from app.plugins import c", "from app.plugins.c import beta"):
            tangled.index.write_bytes(index)
            run = tangled.run("things.names()", step, "result['got'] = things['beta']()")
            assert (run["got"], run.stderr) == ("b", "")

    def test_an_order_that_an_author_asks_for_does_not_count_since_an_eager_start_does_not_know_it(self, application):
        for path, text in self.LIBRARY.items():
            application.write(path, text)
        application.plugin("b", "declare(after=['c'])\nfrom tangled.alpha import alpha\nregister('alpha', alpha)\n")
        application.plugin("c", "from tangled.beta import beta\nregister('beta', beta)\n")
        application.settle()
        application.names()
        run = application.run("result['got'] = things['beta'](); result['order'] = things.names()")
        assert (run["got"], run["order"]) == ("b", ["t-c", "beta", "t-b", "alpha"])

    def test_a_plugin_that_is_recorded_anew_finds_those_before_it_imported(self, tangled):
        tangled.plugin("c", "from tangled.beta import beta\nregister('new', beta)\n")
        run = tangled.run("result['got'] = things['new']()")
        assert (run["got"], run.stderr) == ("b", "")

    def test_one_that_fails_in_any_order_is_broken_once(self, application, flag):
        failing(application, flag)
        run = application.run("result['got'] = things.get('t-b')", "result['state'] = host.plugin('b').state")
        assert (run["got"], run["state"]) == (None, "broken")
        assert run.stderr.count("could not be imported") == 1
        assert run.imported == ["b", "a", "b"]

    def test_what_another_plugin_imports_fails_for_that_one_only_if_it_fails_in_order(self, tangled):
        tangled.plugin("d", "import app.plugins.c\nregister('by d', app.plugins.c.beta)\n")
        tangled.names()
        run = tangled.run("result['got'] = things['by d']()")
        assert (run["got"], run.stderr) == ("b", "")


class TestImportedBeforeTheStart:
    """Code that imports a plugin before the host starts gets what the plugin raises, whatever is on record."""

    EXTENDED = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    ATTEMPT = "try: import app.plugins.b\nexcept Exception as error: result['{}'] = type(error).__name__, str(error)"
    BODIES: ClassVar = ["1/0\n", "import not_there\n", "import app.plugins.nobody\n", "raise ImportError('x')\n"]

    @pytest.mark.parametrize("is_early_first", [True, False])
    @pytest.mark.parametrize("body", BODIES)
    def test_it_raises_the_same_at_each_start(self, application, body, is_early_first):
        application.write("app/__init__.py", self.EXTENDED)
        application.plugin("b", body)
        application.settle()
        starts = [
            (self.ATTEMPT.format("early"), "result['names'] = things.names()", self.ATTEMPT.format("late")),
            ("result['names'] = things.names()", self.ATTEMPT.format("late")),
        ]
        for steps in starts if is_early_first else reversed(starts):
            eager = application.run(*steps, APP_PLUGINS_LAZY="0")
            for _ in range(2):
                run = application.run(*steps)
                assert (run.result, run.stderr) == (eager.result, eager.stderr)

    def test_one_that_is_mended_in_place_is_seen(self, application):
        application.write("app/__init__.py", self.EXTENDED)
        file = application.plugin("b", "1/0\n")
        application.settle()
        assert application.run(self.ATTEMPT.format("early"), "things.names()")["early"][0] == "ZeroDivisionError"
        file.write_text(file.read_text().replace("1/0", ""))
        assert application.names()["names"] == ["t-b"]


class TestThreads:
    """A failure that another thread's import has caused is no verdict."""

    GATE = """
import threading
is_shut, barrier = False, threading.Barrier(2)
def arrive(name, seen=set()):
    if is_shut and name not in seen:
        seen.add(name)
        barrier.wait(20)
"""

    def test_two_plugins_that_share_a_circle_of_imports_both_work(self, application):
        application.write("gate.py", self.GATE)
        application.write("circle/__init__.py", "")
        for name, other in (("x", "y"), ("y", "x")):
            application.write(
                f"circle/{name}.py",
                f"import gate; gate.arrive({name!r})\nimport importlib\nother = importlib.import_module('circle.{other}')\n"
                f"def {name}(): return {name!r}\n",
            )
            application.plugin(name, f"from circle.{name} import {name}\nregister({name!r}, {name})\n")
        application.settle()
        application.names()
        step = """
import gate, threading
things.names()
gate.is_shut = True
found = {}
def look(name):
    try: found[name] = things[name]()
    except BaseException as error: found[name] = repr(error)
threads = [threading.Thread(target=look, args=name, daemon=True) for name in 'xy']
for thread in threads: thread.start()
for thread in threads: thread.join(30)
result['found'] = found
"""
        for _ in range(2):
            run = application.run(step)
            assert (run["found"], run.stderr) == ({"x": "x", "y": "y"}, "")

    def test_two_plugins_that_import_one_another_both_work(self, application):
        application.write("gate.py", self.GATE)
        for name, other in (("x", "y"), ("y", "x")):
            text = f"import gate; gate.arrive({name!r})\nimport app.plugins.{other}\nregister({name!r}, {name!r})\n"
            application.plugin(name, text)
        application.settle()
        application.names()
        step = """
import gate, threading
things.names()
gate.is_shut = True
found = {}
def look(name):
    try: found[name] = things[name]
    except BaseException as error: found[name] = repr(error)
threads = [threading.Thread(target=look, args=name, daemon=True) for name in 'xy']
for thread in threads: thread.start()
for thread in threads: thread.join(30)
result['found'] = found
"""
        run = application.run(step)
        assert (run["found"], run.stderr) == ({"x": "x", "y": "y"}, "")


class TestAModuleThatIsNotThere:
    @pytest.mark.parametrize(
        "text",
        ["del sys.modules[__name__]", "sys.modules[__name__] = None", "sys.modules.pop(__name__); sys.exit"],
    )
    def test_what_removes_its_own_module_is_left_out_with_all_it_registered(self, application, text):
        application.plugin("gone", f"import sys\n{text}\n")
        application.plugin("other")
        application.settle()
        step = "result['all'] = dict(things.items())"
        eager = application.run(step, APP_PLUGINS_LAZY="0")
        assert eager["all"] == {"t-other": "other"}
        assert "it has removed its own module from sys.modules" in eager.stderr
        for _ in range(2):
            run = application.run(step)
            assert (run.result, run.stderr) == (eager.result, eager.stderr)

    @pytest.mark.parametrize(
        "again",
        ["importlib.reload(sys.modules[__name__])", "del sys.modules[__name__]; importlib.import_module(__name__)"],
    )
    def test_what_loads_itself_again_serves_whole(self, application, again):
        text = f"import importlib, os, sys\nif os.environ.pop('FIRST', ''):\n    {again}\nregister('last', 1)\n"
        application.plugin("twice", text)
        application.settle()
        step = "result['all'] = [dict(things.items()), [plugin.state for plugin in host.plugins], dict(things.items())]"
        eager = application.run(step, APP_PLUGINS_LAZY="0", FIRST="1")
        assert eager["all"] == [{"t-twice": "twice", "last": 1}, ["active"], {"t-twice": "twice", "last": 1}]
        for _ in range(2):
            run = application.run(step, FIRST="1")
            assert (run["all"][0], run.stderr) == (eager["all"][0], "")


def test_a_plugin_that_fails_at_each_start_lets_no_other_be_imported_when_settings_change(application):
    for name in "abc":
        application.plugin(name)
    application.plugin("d", "raise RuntimeError('no luck')")
    application.settle()
    assert application.names().imported == ["a", "b", "c", "d"]
    for text in ("# mine\n", "[plugins.c]\nenabled = false\n", "[plugins.c]\nenabled = false # still\n"):
        application.write("../home/.config/app/plugins.toml", text)
        assert application.names().imported == ["d"]
