"""Which functions are refused when they are to implement a hook, and with which words?"""

import pytest

from pegboard.errors import HostError

REFUSED = {
    "misspelt": ("@api.suggestions\ndef f(documnet): return 1", "it needs 'documnet', which the hook does not pass"),
    "extra": ("@api.suggestions\ndef f(document, more): return 1", "it needs 'more', which the hook does not pass"),
    "extra by name": ("@api.suggestions\ndef f(document, *, more): return 1", "it needs 'more'"),
    "wrong type": ("@api.suggestions\ndef f(document: int): return 1", "its parameter 'document' does not take str"),
    "wrong text": ("@api.suggestions\ndef f(document: 'int'): return 1", "its parameter 'document' does not take str"),
    "wrong result": ("@api.transform\ndef f(text: str) -> int: return 1", "it may return int"),
    "result or none": ("@api.transform\ndef f(text: str) -> str | None: return text", "it may return NoneType"),
    "forgotten return": ("@api.suggestions\ndef f(document): document.upper()", "it never returns anything"),
    "only pass": ("@api.suggestions\ndef f(document): pass", "it never returns anything"),
    "a branch that passes": (
        "@api.suggestions\ndef f(document):\n    if document: pass",
        "it never returns anything",
    ),
    "only a docstring": ("@api.suggestions\ndef f(document): 'Nothing.'", "it never returns anything"),
    "async": ("@api.suggestions\nasync def f(document): return 1", "it is asynchronous, and the hook is not"),
    "async object": (
        "class F:\n    async def __call__(self, document): return 1\napi.suggestions(F())",
        "it is asynchronous, and the hook is not",
    ),
    "async partial": (
        "import functools\nasync def f(document, x): return 1\napi.suggestions(functools.partial(f, x=1))",
        "it is asynchronous, and the hook is not",
    ),
    "async generator": ("@api.later_suggestions\nasync def f(document): yield 1", "it is an asynchronous generator"),
    "generator": ("@api.saved\ndef f(document): yield 1", "it is a generator, over which nobody iterates"),
    "no wrapper": ("@api.suggestions.wrapper\ndef f(document): return 1", "it does not yield"),
    "no async wrapper": ("@api.later_suggestions.wrapper\ndef f(others, document): yield", "it is no coroutine"),
    "wrapper of nothing": (
        "@api.later_suggestions.wrapper\nasync def f(): return 1",
        "nothing to call the others with",
    ),
    "not callable": ("api.suggestions(3)", "it cannot be called"),
    "nothing": ("api.suggestions(None)", "it cannot be called"),
    "twice": ("def f(document): return 1\napi.suggestions(f); api.suggestions(f)", "it implements that hook already"),
    "method twice": (
        "class F:\n    def f(self, document): return 1\no = F()\napi.suggestions(o.f); api.suggestions(o.f)",
        "it implements that hook already",
    ),
    "builtin method twice": (
        "class L(list): ...\no = L()\napi.suggestions(o.append); api.suggestions(o.append)",
        "it implements that hook already",
    ),
    "method without an instance": (
        "class F:\n    @api.suggestions\n    def f(self, document): return 1",
        "it needs 'self', which the hook does not pass",
    ),
    "after what is no list": (
        "@api.suggestions.ordered(after=3)\ndef f(document): return 1",
        "3 is no list of names of plugins",
    ),
    "chain without value": ("@api.transform\ndef f(document): return document", "it does not take 'text'"),
}


@pytest.mark.parametrize(("text", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_answer_is_refused_by_plugin_and_line(hooked, text, cause):
    hooked.plugin("bad", text)
    hooked.plugin("good", "@api.suggestions\ndef works(document): return document")
    assert hooked.start()["suggestions"]("d") == ["d"]
    (report,) = hooked.reports
    assert report.plugin == "bad"
    assert "cannot implement the hook" in report.because()
    assert cause in report.because()
    assert "it is called as " in report.because()
    assert "bad.py:" in report.because()


def test_a_misspelt_parameter_is_answered_with_the_nearest(hooked):
    hooked.plugin("bad", REFUSED["misspelt"][0])
    hooked.start()["suggestions"]("d")
    assert hooked.reports[0].hint().startswith("did you mean 'document'?")


def test_a_method_without_an_instance_is_answered_with_what_can_be_decorated(hooked):
    hooked.plugin("bad", REFUSED["method without an instance"][0])
    hooked.start()["suggestions"]("d")
    assert hooked.reports[0].hint().startswith("decorate a function of the module, or pass the method of an instance")


TAKEN = {
    "a wider type": "@api.suggestions\ndef f(document: object): return 1",
    "any": "from typing import Any\n@api.suggestions\ndef f(document: Any) -> Any: return 1",
    "a union": "@api.suggestions\ndef f(document: str | int) -> int: return 1",
    "a name for checkers": "@api.suggestions\ndef f(document: 'Unknown'): return 1",
    "a protocol": (
        "from typing import Protocol\nclass P(Protocol):\n    def upper(self): ...\n"
        "@api.suggestions\ndef f(document: P): return 1"
    ),
    "nothing on purpose": "@api.suggestions\ndef f(document) -> None: ...\n@api.suggestions\ndef g(document): return 1",
    "none in writing": "@api.suggestions\ndef f(document): return None\n@api.suggestions\ndef g(document): return 1",
    "a lambda of none": "api.suggestions(lambda document: None)\napi.suggestions(lambda document: 1)",
    "a generator": "@api.suggestions\ndef f(document): yield 1",
    "only raises": "@api.answers\ndef f(document): raise ValueError\n@api.suggestions\ndef g(document): return 1",
    "nothing of it": "@api.suggestions\ndef f(): return 1",
    "what has every attribute": (
        "class A:\n    def __getattr__(self, name): return A()\n    def __call__(self, document): return 1\n"
        "api.suggestions(A())"
    ),
    "what has no attribute": (
        "class A:\n    def __getattribute__(self, name): raise ValueError\n    def __call__(self, document): return 1\n"
        "api.suggestions(A())"
    ),
    "what wraps itself": "def f(document): return 1\nf.__wrapped__ = f\napi.suggestions(f)",
    "an annotation that cannot be shown": (
        "class A:\n    def __repr__(self): raise ValueError\ndef f(document) -> A(): return 1\napi.suggestions(f)"
    ),
    "an annotation that cannot be asked": (
        "class M(type):\n    def __getattribute__(self, name): raise ValueError\nclass A(metaclass=M): ...\n"
        "@api.suggestions\ndef f(document: A) -> A: return 1"
    ),
    "ints as floats": "@api.transform\ndef f(text): return text\n@api.suggestions\ndef g(document) -> float: return 1.0",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_may_answer_is_taken(hooked, text):
    hooked.plugin("a", text)
    assert len(hooked.start()["suggestions"]("d")) == 1
    assert hooked.reports == []


class TestGrowing:
    def test_a_hook_that_has_gained_a_parameter_calls_the_old_ones_with_what_they_take(self, hooked):
        hooked.plugin("old", "@api.saved_v1\ndef f(document): api.log.append(('old', document))")
        hooked.plugin("new", "@api.saved\ndef f(document, by): api.log.append(('new', document, by))")
        hooks = hooked.start()

        @hooks["saved"].as_published
        def published(document): ...

        hooked.api.saved_v1 = published
        hooks["saved"]("d", "me")
        assert hooked.log == [("new", "d", "me"), ("old", "d")]

    @pytest.mark.parametrize("published", [3, "saved", None, len])
    def test_what_is_no_function_was_never_published(self, hooked, published):
        hooks = hooked.start()
        with pytest.raises(HostError, match="cannot say how the hook 'saved' was published"):
            hooks["saved"].as_published(published)

    def test_what_was_published_is_still_there(self, hooked):
        hooks = hooked.start()
        with pytest.raises(Exception, match="was published with 'documnet', .* any more\n.*did you mean 'document'"):
            hooks["saved"].as_published(lambda documnet: None)

    def test_a_new_name_is_told_once_by_plugin_and_line(self, hooked):
        hooked.plugin("a", "\n\n@api.stored\ndef f(document): api.log.append(document)")
        hooks = hooked.start()
        hooked.api.stored = hooks["saved"].renamed_from("stored")
        with pytest.warns(DeprecationWarning, match="the hook 'stored' is called 'saved' now") as warned:
            hooks["saved"]("d")
        assert [(each.filename.rpartition("/")[2], each.lineno) for each in warned] == [("a.py", 4)]
        assert hooked.log == ["d"]
        (problem,) = hooked.host.problems
        assert (problem.code, problem.plugin, problem.is_quiet) == ("hook-deprecated", "a", True)

    def test_a_hook_that_has_ended_takes_implementations_and_leaves_them_out(self, hooked):
        hooked.plugin("a", "@api.printed\n@api.saved\ndef f(document): api.log.append(document)\n")
        hooked.plugin("b", "@api.printed.ordered('late').wrapper\ndef f(document): yield\n")
        hooks = hooked.start()
        hooked.api.printed = hooks.ended("printed", since="3.0", instead="implement 'saved'")
        with pytest.warns(DeprecationWarning, match="not called any more, since 3.0"):
            hooks["saved"]("d")
        assert hooked.log == ["d"]
        assert [problem.plugin for problem in hooked.host.problems] == ["a", "b"]
