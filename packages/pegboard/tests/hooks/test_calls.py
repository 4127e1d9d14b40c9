"""What does a call of a hook return, and whom does it call with what?"""

import math
import re
from collections.abc import Sequence
from typing import NewType, Protocol, TypeVar

import pytest

from pegboard import Host
from pegboard.errors import HookNotFoundError, HostError


def test_each_kind_of_hook_returns_what_it_says(hooked):
    hooked.plugin(
        "a",
        """
        @api.saved
        def note(document, by): api.log.append((document, by))
        @api.suggestions
        def pdf(document): return document + ".pdf"
        @api.suggestions
        def nothing(document) -> None: ...
        @api.reader
        def unable(path) -> None: ...
        @api.transform
        def upper(text): return text.upper()
        """,
    )
    hooked.plugin(
        "b",
        """
        @api.suggestions
        def odt(document): return document + ".odt"
        @api.reader
        def able(path): return "b read " + path
        @api.transform
        def end(document, text): return text + document
        """,
    )
    hooked.plugin("c", "@api.reader\ndef never(path): raise AssertionError('an earlier one has answered')")
    hooks = hooked.start()
    for _ in range(2):  # the second call has nothing to import or to bind
        assert hooks["saved"]("x") is None
        assert hooks["suggestions"]("x") == ["x.pdf", "x.odt"]
        assert hooks["reader"]("x") == "b read x"
        assert hooks["transform"]("text", "!") == "TEXT!"
    assert hooked.log == [("x", "nobody")] * 2
    assert hooked.reports == []


def test_a_hook_that_nobody_implements_answers_with_nothing(hooked):
    hooks = hooked.start()
    assert hooks["saved"]("x") is None
    assert hooks["suggestions"]("x") == []
    assert hooks["reader"]("x") is None
    assert hooks["transform"]("text", "x") == "text"


def test_arguments_may_be_named_and_defaults_fill_in(hooked):
    hooked.plugin("a", "@api.saved\ndef note(by, document): api.log.append((document, by))")
    hooked.plugin("b", "@api.by_name\ndef page(color, document, page): return (document, page, color)")
    hooks = hooked.start()
    for _ in range(2):
        hooks["saved"]("x", by="me")
        hooks["saved"](by="me", document="y")
        hooks["saved"](document="z")
        assert hooks["by_name"]("d", page=1) == [("d", 1, "red")]
        assert hooks["by_name"](document="d", page=2, color="blue") == [("d", 2, "blue")]
    assert hooked.log == [("x", "me"), ("y", "me"), ("z", "nobody")] * 2


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), (("x", "y"), {}), ((), {"documnet": "x"}), (("x",), {"document": "x"}), (("x",), {"more": 1})],
)
def test_a_wrong_call_is_the_callers(hooked, args, kwargs):
    hooked.plugin("a", "@api.suggestions\ndef note(document): return document")
    hooks = hooked.start()
    for _ in range(2):
        with pytest.raises(
            TypeError, match=r"'suggestions' cannot be called so: .* it is suggestions\(document: str\)"
        ):
            hooks["suggestions"](*args, **kwargs)
    assert hooked.reports == []


FORMS = """
import functools
class Object:
    def __call__(self, document): return "object"
    def method(self, document): return "method"
    @classmethod
    def of_class(cls, document): return "of class"
    @staticmethod
    def static(document): return "static"
class Made:
    def __init__(self, document): self.document = document
    def __eq__(self, other): return other == "made"
def named_only(*, document): return "named only"
def positional_only(anything, /): return "positional only"
def rest(*arguments): return f"rest {arguments}"
def named_rest(**arguments): return f"named rest {arguments}"
def default(document, more="default"): return more
def default_first(more="default first", document=None): return (more, document)
def base(word, document): return word
def decorated(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
@decorated
def wrapped(document): return "wrapped"
@decorated
def wrapped_without(): return "wrapped without"
for form in (Object(), Object().method, Object.of_class, Object.static, Made, named_only, positional_only, rest,
             named_rest, default, default_first, functools.partial(base, "partial"), wrapped, wrapped_without, str.upper,
             lambda document: "lambda", lambda: "nothing"):
    api.suggestions(form)
"""
ANSWERS = [
    "object",
    "method",
    "of class",
    "static",
    "made",
    "named only",
    "positional only",
    "rest ('d',)",
    "named rest {'document': 'd'}",
    "default",
    ("default first", "d"),
    "partial",
    "wrapped",
    "wrapped without",
    "D",
    "lambda",
    "nothing",
]


def test_whatever_can_be_called_can_implement_a_hook(hooked):
    hooked.plugin("a", FORMS)
    hooks = hooked.start()
    for _ in range(2):
        assert [answer == expected for answer, expected in zip(hooks["suggestions"]("d"), ANSWERS, strict=True)] == [
            True
        ] * len(ANSWERS)
    assert hooked.reports == []


def test_answers_are_returned_as_they_are(hooked):
    hooked.plugin(
        "a",
        """
        import math
        class List(list): ...
        answers = [math.nan, List([1]), False, 0, "", NotImplemented]
        api.answers_given = answers
        for answer in answers: api.suggestions(lambda document, answer=answer: answer)
        @api.suggestions
        def itself(document): return itself
        api.answers_given.append(itself)
        """,
    )
    found = hooked.start()["suggestions"]("d")
    assert [one is other for one, other in zip(found, hooked.api.answers_given, strict=True)] == [True] * 7
    assert math.isnan(found[0])


@pytest.mark.slow
def test_functions_of_one_name_are_all_called_asleep_and_awake(hooked):
    hooked.plugin(
        "a",
        """
        def make(number):
            def implementation(document): return number
            return implementation
        for number in range(3): api.suggestions(make(number))
        """,
    )
    hooked.record()
    hooks = hooked.start()
    hooks["saved"]("x")
    assert hooked.states() == {"a": "primed"}
    assert hooks["suggestions"]("d") == [0, 1, 2]
    assert hooks["suggestions"]("d") == [0, 1, 2]


def test_one_function_may_implement_two_hooks(hooked):
    hooked.plugin("a", "@api.suggestions\n@api.answers\ndef both(document): return document")
    hooks = hooked.start()
    assert hooks["suggestions"]("x") == hooks["answers"]("x") == ["x"]


def test_the_application_implements_hooks_too(hooked):
    hooked.plugin("a", "@api.suggestions\ndef its(document): return 'plugin'")
    hooks = hooked.start()
    hooks["suggestions"].implement(lambda document: "application")
    assert hooks["suggestions"]("x") == ["application", "plugin"]
    late = hooks["suggestions"].implement.ordered("late")
    late(lambda document: "late")
    assert hooks["suggestions"]("x") == ["application", "plugin", "late"]


@pytest.mark.slow
def test_a_subset_leaves_out_plugins(hooked):
    for name in "abc":
        hooked.plugin(name, f"@api.suggestions\ndef its(document): return {name!r}")
    hooked.record()
    hooks = hooked.start()
    assert hooks["suggestions"].without("a", hooked.host.plugin("c"))("x") == ["b"]
    assert hooked.states() == {"a": "primed", "b": "active", "c": "primed"}
    assert hooks["suggestions"].without("nobody")(document="x") == ["a", "b", "c"]


class Readable(Protocol):
    """What only type checkers know all about."""

    def read(self): ...


class OddKind(type):
    def __eq__(cls, other):
        return NotImplemented

    def __subclasscheck__(cls, other):
        raise ValueError

    __hash__ = type.__hash__


class Odd(metaclass=OddKind):
    """Of a class that answers in its own way."""


def made(text):
    names = {"Text": NewType("Text", str), "T": TypeVar("T"), "Readable": Readable, "Sequence": Sequence, "Odd": Odd}
    exec(text, names)
    return names["changed"]


class TestDeclaring:
    @pytest.fixture
    def hooks(self):
        return Host("app").hooks

    def test_a_hook_is_found_by_its_name(self, hooks):
        @hooks.notify
        def saved(document):
            """Say so."""

        assert (hooks["saved"], list(hooks), "saved" in hooks, len(hooks)) == (saved, [saved], True, 1)
        assert repr(saved) == "<hook 'saved'>"
        with pytest.raises(HookNotFoundError, match="did you mean 'saved'"):
            hooks["savd"]

    @pytest.mark.parametrize("kind", ["notify", "collect", "first", "chain"])
    def test_parameters_have_names(self, hooks, kind):
        with pytest.raises(HostError, match="without a name"):
            getattr(hooks, kind)(lambda *documents: None)
        with pytest.raises(HostError, match="without a name"):
            getattr(hooks, kind)(lambda document, **options: None)

    def test_what_is_no_function_declares_nothing(self, hooks):
        with pytest.raises(HostError, match="cannot declare a hook"):
            hooks.notify(len)
        with pytest.raises(HostError, match="cannot declare a hook"):
            hooks.notify("saved")

    def test_a_chain_has_a_first_parameter(self, hooks):
        with pytest.raises(HostError, match="no first parameter"):
            hooks.chain(lambda: None)

    @pytest.mark.parametrize(
        ("types", "words"),
        [
            ("text: str) -> int", "'changed' is str, and its result int"),
            ("text: 'str') -> 'bytes'", "is str, and its result bytes"),
            ("text: str) -> None", "is str, and its result None"),
            ("text: str | int) -> bytes | None", "is str | int, and its result bytes | None"),
        ],
    )
    @pytest.mark.parametrize("kind", ["def", "async def"])
    def test_a_chain_returns_what_it_takes(self, hooks, kind, types, words):
        with pytest.raises(HostError, match=re.escape(words)):
            hooks.chain(made(f"{kind} changed({types}: ..."))
        assert "changed" not in hooks

    @pytest.mark.parametrize(
        "types",
        [
            "text)",
            "text) -> str",
            "text: str)",
            "text: str) -> str",
            "text: str) -> object",
            "text: int) -> float",
            "text: Sequence) -> list",
            "text: list) -> Sequence",
            "text: str | None) -> str",
            "text: str) -> str | None",
            "text: list[int]) -> list[str]",
            "text: Text) -> str",
            "text: T) -> str",
            "text: Readable) -> str",
            "text: 'Unknown') -> int",
            "text: Odd) -> str",
            "document, text: str) -> int",
        ],
    )
    def test_types_that_are_not_plainly_different_are_no_mistake(self, hooks, types):
        assert hooks.chain(made(f"def changed({types}: ...")).mode == "chain"

    def test_options_that_contradict_one_another(self, hooks):
        async def later(document): ...

        with pytest.raises(HostError, match="cannot be asynchronous"):
            hooks.notify(announced=True)(later)
        with pytest.raises(HostError, match="cannot be concurrent"):
            hooks.collect(concurrent=True)(lambda document: None)
        with pytest.raises(HostError, match="did you mean 'contain'"):
            hooks.collect(faults="contian")(lambda document: None)

    def test_two_hooks_of_one_name_are_told_with_both_places(self, hooks):
        def saved(document): ...

        hooks.notify(saved)
        hooks.notify(saved)  # the same, as where a module is imported anew
        elsewhere = {}
        exec("def saved(document): ...", elsewhere)
        elsewhere["saved"].__module__ = "elsewhere"
        with pytest.raises(HostError, match=r"two hooks 'saved', at .*test_calls.py:\d+ and <string>:1"):
            hooks.notify(elsewhere["saved"])
