"""What type checkers infer from hooks in the application, which calls them."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

import editor
from editor import Document, Suggestion, host

from pegboard.hooks import Chain, Collect, First, Hook, Notify
from pegboard.testing import Call, record_calls


def a_call_returns_what_the_kind_of_hook_says(document: Document) -> None:
    told: None = editor.document_saved(document)
    editor.document_saved(document, by="ada")
    assert_type(editor.suggestions(document), list[Suggestion])
    assert_type(editor.open_file(Path()), Document | None)
    assert_type(editor.transform("text", document), str)
    assert_type(editor.transform(text="text", document=document), str)
    del told


async def an_awaited_call_returns_the_same(document: Document) -> None:
    await editor.document_sent(document)
    assert_type(await editor.reviews(document, limit=2), list[Suggestion])
    assert_type(await editor.fetch(Path()), Document | None)
    assert_type(await editor.translate("text", document), str)
    sending: Coroutine[Any, Any, None] = editor.document_sent(document)
    await sending


def a_part_of_the_plugins_answers_alike(document: Document) -> None:
    editor.document_saved.without("git")(document, by="ada")
    assert_type(editor.suggestions.without("git", host.plugin("csv"))(document), list[Suggestion])
    assert_type(editor.open_file.without("git")(Path()), Document | None)
    assert_type(editor.transform.without("git")("text", document), str)


async def a_part_of_the_plugins_is_awaited_alike(document: Document) -> None:
    await editor.document_sent.without("git")(document)
    assert_type(await editor.reviews.without("git")(document, limit=2), list[Suggestion])
    assert_type(await editor.translate.without("git")("text", document), str)


@host.hooks.notify(announced=True)
def opened(window: int) -> None: ...


@host.hooks.collect(faults="collect", passing=(KeyError,))
def numbers(document: Document) -> int:
    raise NotImplementedError


@host.hooks.first(faults="raise")
def number(document: Document) -> int:
    raise NotImplementedError


@host.hooks.chain(faults="contain")
def rounded(value: float, *, digits: int) -> float:
    raise NotImplementedError


@host.hooks.notify(concurrent=True)
async def later_opened(window: int) -> None: ...


@host.hooks.collect(concurrent=True)
async def later_numbers(document: Document) -> int:
    raise NotImplementedError


@host.hooks.first(passing=(LookupError,))
async def later_number(document: Document) -> int:
    raise NotImplementedError


@host.hooks.chain(faults="raise")
async def later_rounded(value: float, *, digits: int) -> float:
    raise NotImplementedError


@host.hooks.notify()
def nothing_said() -> None: ...


def options_change_no_type(document: Document) -> None:
    told: None = opened(3)
    assert_type(numbers(document), list[int])
    assert_type(number(document), int | None)
    assert_type(rounded(1.5, digits=2), float)
    nothing_said()
    del told


async def options_change_no_type_of_awaited_calls(document: Document) -> None:
    await later_opened(3)
    assert_type(await later_numbers(document), list[int])
    assert_type(await later_number(document), int | None)
    assert_type(await later_rounded(1.5, digits=2), float)


def hooks_fit_their_classes() -> None:
    notify: Notify[[Document, str]] = editor.document_saved
    collect: Collect[[Document], Suggestion] = editor.suggestions
    first: First[[Path], Document] = editor.open_file
    chain: Chain[[str, Document], str] = editor.transform
    hooks: list[Hook[..., Any, Any]] = [notify, collect, first, chain, editor.reviews, *host.hooks]
    del hooks


def tests_answer_themselves(document: Document) -> None:
    def answer(document: Document) -> Suggestion:
        return Suggestion()

    with editor.suggestions.override(answer):
        editor.suggestions(document)
    with record_calls(editor.suggestions) as calls, record_calls(editor.reviews.implement) as others:
        assert_type(calls, list[Call])
        assert_type(others, list[Call])


def wrong_calls(document: Document) -> None:
    # error in mypy: Missing positional argument "document" in call to "__call__" of "Collect"
    # error in pyright: Argument missing for parameter "document"
    editor.suggestions()
    # error in mypy: "int"; expected "Document"
    # error in pyright: "Literal[3]" is not assignable to "Document"
    editor.suggestions(3)
    # error in mypy: Too many arguments for "__call__" of "Collect"
    # error in pyright: Expected 1 positional argument
    editor.suggestions(document, 3)
    # error in mypy: Unexpected keyword argument "documnet" for "__call__" of "Collect"; did you mean "document"?
    # error in pyright: Argument missing for parameter "document"
    # error in pyright: No parameter named "documnet"
    editor.suggestions(documnet=document)
    # error in mypy: Missing positional argument "document" in call to "__call__" of "Hook"
    # error in pyright: Argument missing for parameter "document"
    editor.transform("text")
    # error in mypy: "int"; expected "Document"
    # error in pyright: "Literal[3]" is not assignable to "Document"
    editor.transform("text", 3)
    # error in mypy: "int"; expected "str"
    # error in pyright: "Literal[3]" is not assignable to "str"
    editor.transform(3, document)
    # error in mypy: "Document"; expected "str"
    # error in mypy: "str"; expected "Document"
    # error in pyright: "Document" is not assignable to "str"
    # error in pyright: "Literal['text']" is not assignable to "Document"
    editor.transform(document, "text")
    # error in mypy: "int"; expected "str"
    # error in pyright: "Literal[3]" is not assignable to "str"
    editor.document_saved(document, 3)
    # error in mypy: "str"; expected "Document"
    # error in pyright: "Literal['text']" is not assignable to "Document"
    editor.suggestions.without("git")("text")
    # error in mypy: "int"; expected "str | Plugin"
    # error in pyright: "Literal[3]" is not assignable to "Plugin"
    editor.suggestions.without(3)
    # error in mypy: Incompatible types in assignment (expression has type "Document | None", variable has type "str")
    # error in pyright: "Document" is not assignable to "str"
    told: str = editor.open_file(Path())
    del told


async def wrong_awaited_calls(document: Document) -> None:
    # error in mypy: Too many positional arguments for "__call__" of "AsyncHook"
    # error in pyright: Expected 1 positional argument
    await editor.reviews(document, 3)
    # error in mypy: Missing positional argument "document" in call to "__call__" of "AsyncHook"
    # error in pyright: Argument missing for parameter "document"
    await editor.translate("text")
    # error in mypy: Incompatible types in assignment (expression has type "Document | None", variable has type "int")
    # error in pyright: "Document" is not assignable to "int"
    number: int = await editor.fetch(Path())
    del number


def test_that_answers_wrongly(document: Document) -> None:
    def answer(document: Document) -> int:
        return 1

    # error in mypy: "Callable[[Document], int]"; expected "Callable[[Document], Suggestion | None]"
    # error in pyright: Function return type "int" is incompatible with type "Suggestion | None"
    with editor.suggestions.override(answer):
        ...


# error in mypy: "Callable[[Document], int]"; expected "Callable[[Document], Coroutine[Any, Any, None]]"
# error in pyright: Function return type "int" is incompatible with type "None"
# error in pyright: No overloads for "notify" match the provided arguments
# error in pyright: Untyped function decorator obscures type of function; ignoring decorator
@host.hooks.notify
def tells_and_returns(document: Document) -> int:
    raise NotImplementedError


# error in mypy: No overload variant of "collect" of "Hooks" matches argument type "str"
# error in mypy: Untyped decorator makes function "unknown_policy" untyped
# error in pyright: "Literal['ignore']" is not assignable to type "Literal['collect']"
@host.hooks.collect(faults="ignore")
def unknown_policy(document: Document) -> int:
    raise NotImplementedError


# error in mypy: Unexpected keyword argument "announced" for overloaded function "collect" of "Hooks"
# error in mypy: Untyped decorator makes function "announced_question" untyped
# error in pyright: Argument types: (Literal[True])
# error in pyright: Untyped function decorator obscures type of function; ignoring decorator
@host.hooks.collect(announced=True)
def announced_question(document: Document) -> int:
    raise NotImplementedError


# error in mypy: Unexpected keyword argument "concurrent" for overloaded function "chain" of "Hooks"
# error in mypy: Untyped decorator makes function "concurrent_chain" untyped
# error in pyright: Argument types: (Literal[True])
# error in pyright: Untyped function decorator obscures type of function; ignoring decorator
@host.hooks.chain(concurrent=True)
def concurrent_chain(text: str) -> str:
    raise NotImplementedError


# error in mypy: "Callable[[Document], int]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Function return type "int" is incompatible with type "Suggestion | None"
@editor.suggestions.as_published
def published_with_another_result(document: Document) -> int:
    raise NotImplementedError


# error in mypy: Missing named argument "since" for "ended" of "HooksMethods"
# error in pyright: Argument missing for parameter "since"
host.hooks.ended("closed")
