"""What becomes of an implementation that fails, is named by its plugin, and never changes what the others do?"""

import asyncio
import os
import threading

import pytest

from pegboard.errors import PluginCallError

ERRORS = {
    "value": "ValueError('no')",
    "exit": "SystemExit(3)",
    "cancelled": "asyncio.CancelledError()",
    "close": "GeneratorExit()",
    "stop": "StopIteration()",
    "base": "Odd('odd')",
    "no text": "NoText()",
    "memory": "MemoryError()",
}
FAILING = """
import asyncio
class Odd(BaseException): ...
class NoText(Exception):
    def __str__(self): raise ValueError("it has no text")
@api.{hook}
def fails({parameter}): raise {error}
"""


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("hook", ["suggestions", "saved", "transform", "later_suggestions"])
def test_what_an_implementation_raises_is_contained_and_named(hooked, hook, error):
    parameter = "text" if hook == "transform" else "document"
    hooked.plugin("bad", FAILING.format(hook=hook, error=error, parameter=parameter))
    hooked.plugin("good", f"@api.{hook}\ndef works({parameter}):\n    api.log.append('called')\n    return {parameter}")
    called = hooked.start()[hook]
    arguments = ("t", "d") if hook == "transform" else ("d",)
    for _ in range(3):
        result = called(*arguments)
        if hook == "later_suggestions":
            result = asyncio.run(result)
        assert result == {"saved": None, "transform": "t"}.get(hook, ["d"])
    assert hooked.log == ["called"] * 3
    (report,) = hooked.reports  # once, however often it fails
    assert (report.plugin, report.doing) == ("bad", f"answering the hook '{hook}'")
    assert report.place.endswith("bad.py:8")


def test_an_interrupt_passes(hooked):
    hooked.plugin("a", "@api.suggestions\ndef stop(document): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        hooked.start()["suggestions"]("d")


def test_a_hook_may_raise_what_the_first_raises(hooked):
    hooked.plugin("a", "@api.answers\ndef bad(document): raise ValueError('no')")
    hooked.plugin("b", "@api.answers\ndef never(document): return api.log.append('called')")
    with pytest.raises(PluginCallError, match="plugin 'a' failed while answering the hook 'answers'") as raised:
        hooked.start()["answers"]("d")
    assert (type(raised.value.__cause__), hooked.log, hooked.reports) == (ValueError, [], [])


def test_a_hook_may_collect_what_all_raise(hooked):
    for name in "ac":
        hooked.plugin(name, "@api.gathered\ndef bad(document): raise ValueError('no')")
    hooked.plugin("b", "@api.gathered\ndef good(document): return api.log.append(document)")
    with pytest.raises(ExceptionGroup, match="2 implementations of the hook 'gathered' failed") as raised:
        hooked.start()["gathered"]("d")
    assert [error.plugin for error in raised.value.exceptions] == ["a", "c"]
    assert hooked.log == ["d"]


def test_what_the_application_lets_pass_comes_through_unchanged(hooked):
    hooked.plugin("a", "@api.gathered\ndef missing(document): raise KeyError(document)")
    hooks = hooked.start()
    with pytest.raises(ExceptionGroup) as raised:
        hooks["gathered"]("d")
    assert [type(error) for error in raised.value.exceptions] == [KeyError]


def test_what_the_applications_own_implementation_raises_is_not_contained(hooked):
    hooks = hooked.start()

    @hooks["suggestions"].implement
    def own(document):
        raise ValueError("a fault of the application")

    with pytest.raises(ValueError, match="a fault of the application"):
        hooks["suggestions"]("d")


def test_a_plugin_that_cannot_be_imported_is_left_out(hooked):
    hooked.plugin("bad", "@api.suggestions\ndef its(document): return 1\nraise ValueError('no')")
    hooked.plugin("good", "@api.suggestions\ndef its(document): return 2")
    hooks = hooked.start()
    assert hooks["suggestions"]("d") == [2]
    assert [report.plugin for report in hooked.reports] == ["bad"]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["raise ValueError('no')", "", "api.saved(print)"])
def test_a_plugin_that_has_changed_since_it_was_recorded_is_left_out(hooked, change):
    file = hooked.plugin("a", "@api.suggestions\ndef its(document): return 1")
    hooked.plugin("b", "@api.suggestions\ndef its(document): return 2")
    hooked.record()
    hooks = hooked.start()
    hooks["saved"]("d")  # which starts the application
    assert hooked.states() == {"a": "primed", "b": "primed"}
    file.write_text(f"from app import api\n{change}")
    assert hooks["suggestions"]("d") == [2]
    assert hooks["suggestions"]("d") == [2]


@pytest.mark.slow
def test_a_record_may_be_older_than_one_hook_and_younger_than_another(hooked):
    hooked.plugin(
        "a",
        "for name in ('suggestions', 'answers'):\n    if hasattr(api, name): getattr(api, name)(lambda document: 1)",
    )
    hooked.declare_without("answers")
    hooked.record()
    hooked.declare_without("suggestions")
    hooks = hooked.start()
    assert hooks["answers"]("d") == [1]
    assert "suggestions" not in hooks
    assert hooked.reports == []


def test_none_in_a_chain_is_a_fault_and_keeps_the_value(hooked):
    hooked.plugin("a", "@api.transform\ndef sometimes(text):\n    if text != 'text': return text")
    hooked.plugin("b", "@api.transform\ndef upper(text): return text.upper()")
    assert hooked.start()["transform"]("text", "d") == "TEXT"
    assert hooked.told() == ["a: TypeError: it has returned None, where it has to return the value, changed or not"]


def test_a_hook_that_calls_itself_without_end_ends(hooked):
    for name in "ab":
        hooked.plugin(name, "@api.suggestions\ndef again(document): return api.call(document)")
    hooks = hooked.start()
    hooked.api.call = hooks["suggestions"]
    assert hooks["suggestions"]("d") == []
    assert {report.plugin for report in hooked.reports} <= {"a", "b"} != set()
    assert "RecursionError" in hooked.told()[0]


def test_a_hook_may_be_called_from_an_implementation_of_itself(hooked):
    hooked.plugin("a", "@api.suggestions\ndef count(document): return len(api.call(document[1:])) if document else 0")
    hooks = hooked.start()
    hooked.api.call = hooks["suggestions"]
    assert hooks["suggestions"]("abc") == [1]


@pytest.mark.slow
def test_a_child_process_that_comes_back_ends(hooked):
    hooked.plugin(
        "a",
        """
        import os, sys
        @api.suggestions
        def split(document):
            if os.fork() == 0: sys.exit(0)
            return os.wait()[1]
        """,
    )
    parent = os.getpid()
    assert hooked.start()["suggestions"]("d") == [0]
    assert os.getpid() == parent


def test_strict_mode_raises_what_is_contained_else(hooked):
    hooked.plugin("a", "@api.suggestions\ndef bad(document): raise ValueError('no')")
    with pytest.raises(PluginCallError):
        hooked.start(strict=True)["suggestions"]("d")


class TestChanges:
    def test_a_disabled_plugin_is_not_called_any_more(self, hooked):
        for name in "ab":
            hooked.plugin(name, f"@api.suggestions\ndef its(document): return {name!r}")
        hooks = hooked.start()
        assert hooks["suggestions"]("d") == ["a", "b"]
        hooked.host.disable("a")
        assert hooks["suggestions"]("d") == ["b"]
        hooked.host.enable("a")
        assert hooks["suggestions"]("d") == ["a", "b"]

    def test_a_reloaded_plugin_is_called_anew(self, hooked):
        file = hooked.plugin("a", "@api.suggestions\ndef its(document): return 1")
        hooks = hooked.start()
        assert hooks["suggestions"]("d") == [1]
        file.write_text("from app import api\n@api.suggestions\ndef its(document): return 22")
        hooked.host.reload("a")
        assert hooks["suggestions"]("d") == [22]

    def test_a_call_under_way_finishes_with_what_it_began_with(self, hooked):
        hooked.plugin("a", "@api.suggestions\ndef its(document):\n    api.host.disable('b')\n    return 'a'")
        hooked.plugin("b", "@api.suggestions\ndef its(document): return 'b'")
        hooks = hooked.start()
        assert hooks["suggestions"]("d") == ["a", "b"]
        assert hooks["suggestions"]("d") == ["a"]

    def test_calls_in_many_threads_while_plugins_come_and_go(self, hooked):
        for name in "abc":
            hooked.plugin(name, f"@api.suggestions\ndef its(document): return {name!r}")
        hooks = hooked.start()
        expected = {("a", "b", "c"), ("a", "c")}
        found, ends = set(), threading.Event()

        def call():
            while not ends.is_set():
                found.add(tuple(hooks["suggestions"]("d")))

        threads = [threading.Thread(target=call) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            hooked.host.disable("b")
            hooked.host.enable("b")
            hooked.host.reload("a")
        ends.set()
        for thread in threads:
            thread.join()
        assert found <= expected
        assert hooks["suggestions"]("d") == ["a", "b", "c"]

    def test_a_hook_that_is_called_while_a_plugin_is_imported_asks_those_before_it(self, hooked):
        hooked.plugin("a", "@api.suggestions\ndef its(document): return 'a'")
        hooked.plugin(
            "b", "@api.suggestions\ndef its(document): return 'b'\napi.log.append(api.host.hooks['suggestions']('d'))"
        )
        hooked.plugin("c", "@api.suggestions\ndef its(document): return 'c'")
        hooks = hooked.start()
        assert hooks["suggestions"]("d") == ["a", "b", "c"]
        assert hooked.log == [["a"]]
