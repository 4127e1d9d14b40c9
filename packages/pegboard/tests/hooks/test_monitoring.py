"""Who is told of answers, and how does a test answer itself?"""

import asyncio

import pytest

from pegboard.errors import PluginCallError


def test_a_monitor_is_told_who_answered_what_and_in_how_long(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooked.plugin("b", "@api.suggestions\ndef fails(document): raise ValueError('no')")
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append):
        assert hooks["suggestions"]("d") == ["d"]
    hooks["suggestions"]("d")
    assert [(each.hook.name, each.plugin.name, each.name.rpartition(":")[2], each.result) for each in found] == [
        ("suggestions", "a", "its", "d"),
        ("suggestions", "b", "fails", None),
    ]
    assert [type(each.error) for each in found] == [type(None), ValueError]
    assert all(each.seconds >= 0 for each in found)
    assert repr(found[0]).startswith("<answer of plugin 'a' to the hook 'suggestions': ")


def test_what_a_monitor_raises_passes(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooks = hooked.start()

    def fails(answer):
        raise LookupError(answer.name)

    with hooks.monitor(fails), pytest.raises(LookupError):
        hooks["suggestions"]("d")
    assert hooks["suggestions"]("d") == ["d"]
    assert hooked.reports == []


def test_a_test_may_answer_itself(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return document")
    hooks = hooked.start()
    with hooks["suggestions"].override(lambda document: "test"):
        assert hooks["suggestions"]("d") == ["test"]
        with hooks["suggestions"].override(lambda: "inner"):
            assert hooks["suggestions"]("d") == ["inner"]
        assert hooks["suggestions"]("d") == ["test"]
    assert hooks["suggestions"]("d") == ["d"]


TWO_WRAPPERS = {
    "suggestions": """
import threading
@api.suggestions
def its(document): threading.Event().wait(0.05); return document
@api.suggestions.wrapper
def adds(document):
    result = yield
    return [*result, "more"]
@api.suggestions.wrapper
def fails(document):
    yield
    raise ValueError("no")
""",
    "later_suggestions": """
import threading
@api.later_suggestions
def its(document): threading.Event().wait(0.05); return document
@api.later_suggestions.wrapper
async def adds(others, document): return [*await others(), "more"]
@api.later_suggestions.wrapper
async def fails(others, document):
    await others()
    raise ValueError("no")
""",
}


@pytest.mark.parametrize("hook", TWO_WRAPPERS)
def test_a_monitor_is_told_of_wrappers_and_of_their_own_time(hooked, hook):
    hooked.plugin("a", TWO_WRAPPERS[hook])
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append):
        result = hooks[hook]("d")
        assert (asyncio.run(result) if hook == "later_suggestions" else result) == ["d", "more"]
    assert [(each.name.rpartition(":")[2], each.is_wrapper, each.result, type(each.error)) for each in found] == [
        ("its", False, "d", type(None)),
        ("fails", True, None, ValueError),
        ("adds", True, ["d", "more"], type(None)),
    ]
    own = [each.seconds for each in found]
    assert own[0] >= 0.05
    assert hooked.reports[0].plugin == "a"
    with hooks.monitor(found.append):  # nothing is imported now
        result = hooks[hook]("d")
        result = asyncio.run(result) if hook == "later_suggestions" else result
    assert found[3].seconds >= 0.05 > found[4].seconds + found[5].seconds


def test_what_the_others_raise_is_no_error_of_a_wrapper(hooked):
    hooked.plugin(
        "a",
        "@api.answers\ndef its(document): raise ValueError('no')\n@api.answers.wrapper\ndef around():\n    return (yield)",
    )
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append), pytest.raises(PluginCallError):
        hooks["answers"]("d")
    assert [(each.is_wrapper, type(each.error)) for each in found] == [(False, ValueError), (True, type(None))]


@pytest.mark.parametrize("body", ["yield; yield", "return\n    yield", "raise ValueError\n    yield"])
def test_a_wrong_wrapper_is_told_of_once_and_changes_nothing(hooked, body):
    hooked.plugin("a", f"@api.suggestions.wrapper\ndef around():\n    {body}")
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append):
        assert hooks["suggestions"]("d") == []
    assert [each.is_wrapper for each in found] == [True]


def late_wrapper():
    yield


def test_a_monitor_is_told_of_what_was_announced_at_once_and_later(hooked):
    for name in "ab":
        hooked.plugin(
            name, "@api.opened\ndef told(window): api.log.append(window)\n@api.opened.wrapper\ndef around(): yield"
        )
    hooks = hooked.start()
    found = []
    with hooks.monitor(found.append):
        hooks["opened"]("first")
        assert [(each.plugin.name, each.is_wrapper) for each in found] == [
            ("a", False),
            ("b", False),
            ("b", True),
            ("a", True),
        ]
        hooks["opened"].implement(hooked.log.append)
        hooks["opened"].implement.wrapper(late_wrapper)  # which is not for what is over
    assert [(each.plugin.name, each.is_wrapper) for each in found[4:]] == [("", False)]
    hooks["opened"]("second")
    assert len(found) == 5
    assert hooked.log == ["first"] * 3 + ["second"] * 3
