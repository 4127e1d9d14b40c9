"""What does a wrapper do with a call, and what becomes of one that does it wrongly?"""

import asyncio

import pytest

from pegboard.errors import PluginCallError

WRAPPER = """
@api.{hook}.wrapper
def around(document):
    api.log.append(f"{name} before")
    result = yield
    api.log.append(f"{name} after")
    return [*result, {name!r}]
"""


def test_wrappers_are_around_each_other_and_around_all_implementations(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): api.log.append('called'); return 'a'")
    hooked.plugin(
        "b",
        """
        @api.suggestions.wrapper
        def around(document):
            api.log.append("b before")
            result = yield
            api.log.append("b after")
            return [*result, "b"]
        @api.suggestions.ordered("early").wrapper
        def outermost():
            api.log.append("outermost before")
            result = yield
            api.log.append("outermost after")
            return [*result, "outermost"]
        """,
    )
    hooks = hooked.start()
    for _ in range(2):
        assert hooks["suggestions"]("d") == ["a", "b", "outermost"]
        assert hooked.log == ["outermost before", "b before", "called", "b after", "outermost after"]
        hooked.log.clear()


@pytest.mark.slow
def test_a_wrapper_is_known_before_its_plugin_is_imported(hooked):
    hooked.plugin(
        "a", "@api.transform.wrapper\ndef around(text, document):\n    result = yield\n    return f'<{result}>'"
    )
    hooked.record()
    hooks = hooked.start()
    hooks["saved"]("d")
    assert hooked.states() == {"a": "primed"}
    assert hooks["transform"]("text", "d") == "<text>"
    assert hooks["transform"]("text", document="d") == "<text>"


WRONG = {
    "yields twice": ("yield; yield", "it has yielded twice"),
    "yields never": ("return\n    yield", "it has not yielded"),
    "raises before": ("raise ValueError('no')\n    yield", "ValueError: no"),
    "raises after": ("yield\n    raise ValueError('no')", "ValueError: no"),
    "forgets to return": ("yield", "it has returned no list"),
    "swallows its end": (
        "yield\n    try: yield\n    except GeneratorExit: yield",
        "GeneratorExit",
    ),
    "exits": ("yield\n    raise SystemExit(3)", "it called sys.exit(3)"),
}


@pytest.mark.parametrize(("body", "cause"), WRONG.values(), ids=WRONG)
def test_a_wrong_wrapper_is_named_and_changes_nothing(hooked, body, cause):
    hooked.plugin("bad", f"@api.suggestions.wrapper\ndef around(document):\n    {body}")
    hooked.plugin("good", "@api.suggestions\ndef its(document): return document")
    hooks = hooked.start()
    for _ in range(2):
        assert hooks["suggestions"]("d") == ["d"]
    assert [report.plugin for report in hooked.reports] == ["bad"]
    assert cause in hooked.told()[0]


def test_a_wrapper_sees_what_the_call_raises_and_may_answer_instead(hooked):
    hooked.plugin("bad", "@api.answers\ndef fails(document): raise ValueError('no')")
    hooked.plugin(
        "wrap",
        """
        @api.answers.wrapper
        def around(document):
            try:
                return (yield)
            except Exception as error:
                api.log.append(type(error).__name__)
                if document == "answered": return ["instead"]
                raise
        """,
    )
    hooks = hooked.start()
    assert hooks["answers"]("answered") == ["instead"]
    with pytest.raises(PluginCallError, match="plugin 'bad' failed"):
        hooks["answers"]("not answered")
    assert hooked.log == ["PluginCallError", "PluginCallError"]
    assert hooked.reports == []


def test_a_wrapper_of_a_hook_that_raises_is_raised_itself(hooked):
    hooked.plugin("wrap", "@api.answers.wrapper\ndef around(document):\n    yield\n    raise ValueError('no')")
    with pytest.raises(PluginCallError, match="plugin 'wrap' failed"):
        hooked.start()["answers"]("d")


def test_faults_of_wrappers_are_collected_with_those_of_implementations(hooked):
    hooked.plugin("bad", "@api.gathered\ndef fails(document): raise ValueError('no')")
    hooked.plugin(
        "wrap", "@api.gathered.wrapper\ndef around(document):\n    try: yield\n    finally: raise OSError('no')"
    )
    with pytest.raises(ExceptionGroup) as raised:
        hooked.start()["gathered"]("d")
    assert [error.plugin for error in raised.value.exceptions] == ["bad", "wrap"]


@pytest.mark.parametrize("hook", ["suggestions", "answers", "gathered"])
def test_an_interrupt_passes_whatever_a_wrapper_raises_of_it(hooked, hook):
    hooked.plugin("a", f"@api.{hook}\ndef interrupted(document): raise KeyboardInterrupt")
    hooked.plugin(
        "wrap", f"@api.{hook}.wrapper\ndef around(document):\n    try: yield\n    finally: raise OSError('no')"
    )
    with pytest.raises(KeyboardInterrupt):
        hooked.start()[hook]("d")


ENDLESS = {
    "suggestions": "def around(document):\n    result = yield\n    return result + {call}",
    "later_suggestions": "async def around(others, document):\n    return await others() + await {call}",
}


@pytest.mark.parametrize("hook", ENDLESS)
def test_wrappers_that_call_their_hook_without_end_end(hooked, hook):
    for name in "ab":
        call = f"api.host.hooks[{hook!r}](document)"
        hooked.plugin(name, f"@api.{hook}.wrapper\n" + ENDLESS[hook].format(call=call))
    called = hooked.start()[hook]
    assert (called("d") if hook == "suggestions" else asyncio.run(called("d"))) == []
    assert "RecursionError" in hooked.told()[0]


def test_a_wrapper_of_an_asynchronous_hook_awaits_the_others(hooked):
    hooked.plugin("a", "@api.later_transform\nasync def upper(text): return text.upper()")
    hooked.plugin(
        "b", "@api.later_transform.wrapper\nasync def around(others, document): return f'<{await others()}{document}>'"
    )
    hooked.plugin("c", "@api.later_transform.wrapper\nasync def around(others): return f'({await others()})'")
    hooks = hooked.start()
    assert asyncio.run(hooks["later_transform"]("text", "!")) == "<(TEXT)!>"


WRONG_LATER = {
    "never": ("return []", "it has not called the others"),
    "twice": ("await others(); return await others()", "it has called the others already"),
    "before": ("raise ValueError('no')", "ValueError: no"),
    "after": ("await others(); raise ValueError('no')", "ValueError: no"),
    "nothing": ("await others()", "it has returned no list"),
}


@pytest.mark.parametrize(("body", "cause"), WRONG_LATER.values(), ids=WRONG_LATER)
def test_a_wrong_asynchronous_wrapper_is_named_and_changes_nothing(hooked, body, cause):
    hooked.plugin("bad", f"@api.later_suggestions.wrapper\nasync def around(others, document): {body}")
    hooked.plugin("good", "@api.later_suggestions\ndef its(document): api.log.append('called'); return document")
    hooks = hooked.start()
    assert asyncio.run(hooks["later_suggestions"]("d")) == ["d"]
    assert hooked.log == ["called"]
    assert [report.plugin for report in hooked.reports] == ["bad"]
    assert cause in hooked.told()[0]
