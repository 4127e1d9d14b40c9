"""A plugin that implements hooks, as its author's type checker sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import assert_type

import editor_v1 as v1
import editor_v2 as v2

# What fits.


@v2.saved
def note(document: v2.Document, by: str = "nobody") -> None: ...


@v2.suggest
def pdf(document: v2.Document) -> v2.Suggestion | None:
    return v2.Suggestion() if document.title else None


@v2.suggest
def always(document: object) -> v2.Suggestion:
    return v2.Suggestion()


assert_type(pdf(v2.Document()), v2.Suggestion | None)


@v2.open_file
def reader(path: Path) -> v2.Document | None:
    return None


@v2.transform
def shout(text: str, document: v2.Document) -> str:
    return text.upper()


@v2.transform.ordered("early", after=["git"], before=["spelling", "links"])
def quietly(text: str, document: v2.Document, extra: int = 3) -> str:
    return text.lower()


@v2.sent
async def sent(document: v2.Document) -> None: ...


@v2.sent
def sent_at_once(document: v2.Document) -> None: ...


@v2.review
async def review(document: v2.Document, *, limit: int = 3) -> v2.Suggestion | None:
    return None


@v2.review
def review_at_once(document: v2.Document, limit: int = 3) -> v2.Suggestion | None:
    return None


@v2.fetch.ordered(after=["cache"])
async def fetch(path: Path) -> v2.Document | None:
    return None


@v2.translate
async def translate(text: str, document: v2.Document) -> str:
    return text


@v2.translate.ordered("late")
def translate_at_once(text: str, document: v2.Document) -> str:
    return text


# Wrappers.


@v2.transform.wrapper
def around(text: str, document: v2.Document) -> Generator[None, str, str]:
    result = yield
    return result.strip()


@v2.suggest.ordered("early").wrapper
def sort(document: v2.Document) -> Generator[None, list[v2.Suggestion], list[v2.Suggestion]]:
    result = yield
    return result[::-1]


@v2.open_file.wrapper
def opened(path: Path) -> Generator[None, v2.Document | None, v2.Document | None]:
    return (yield)


@v2.saved.wrapper
def saving(document: v2.Document, by: str = "nobody") -> Generator[None, None, None]:
    yield


@v2.review.wrapper
async def limited(
    others: Callable[[], Awaitable[list[v2.Suggestion]]], document: v2.Document, *, limit: int = 3
) -> list[v2.Suggestion]:
    return (await others())[:limit]


@v2.sent.ordered("late").wrapper
async def sending(others: Callable[[], Awaitable[None]], document: v2.Document) -> None:
    await others()


# As the hooks were published before.


@v1.saved
def old_note(document: v1.Document) -> None: ...


@v1.suggest
def old_pdf(document: v1.Document) -> v1.Suggestion | None:
    return None


@v1.closed
def closed(anything: int) -> None: ...


@v1.saved.ordered("late")
def late(document: v1.Document) -> None: ...


# What does not fit.


# error in mypy: "Callable[[int], Suggestion | None]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Parameter 1: type "Document" is incompatible with type "int"
@v2.suggest
def wrong_parameter(document: int) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[Document], int]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Function return type "int" is incompatible with type "Suggestion | None"
@v2.suggest
def wrong_result(document: v2.Document) -> int:
    return 1


# error in mypy: "Callable[[str, Document], None]"; expected "Callable[[str, Document], str]"
# error in pyright: Function return type "None" is incompatible with type "str"
@v2.transform
def forgotten_return(text: str, document: v2.Document) -> None:
    text.upper()


# error in mypy: Missing return statement
# error in pyright: "None" is not assignable to "str"
@v2.transform
def forgotten_return_of_a_result(text: str, document: v2.Document) -> str:
    text.upper()


# error in mypy: "Callable[[str, Document], str | None]"; expected "Callable[[str, Document], str]"
# error in pyright: Function return type "str | None" is incompatible with type "str"
@v2.transform
def nothing_in_a_chain(text: str, document: v2.Document) -> str | None:
    return None


# error in mypy: Module has no attribute "sugest"; maybe "suggest"?
# error in mypy: Untyped decorator makes function "misspelt_hook" untyped
# error in pyright: "sugest" is not a known attribute of module "editor_v2"
# error in pyright: Type of "sugest" is unknown
# error in pyright: Untyped function decorator obscures type of function; ignoring decorator
@v2.sugest
def misspelt_hook(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "def misspelt_parameter(documnet: Document) -> Suggestion | None"
# error in pyright: Parameter name mismatch: "document" versus "documnet"
@v2.suggest
def misspelt_parameter(documnet: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "def misspelt_parameter_of_a_chain(txt: str, document: Document) -> str"
# error in pyright: Parameter name mismatch: "text" versus "txt"
@v2.transform
def misspelt_parameter_of_a_chain(txt: str, document: v2.Document) -> str:
    return txt


# error in mypy: "Callable[[], Suggestion | None]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Function accepts too few positional parameters; expected 1 but received 0
@v2.suggest
def missing_parameter() -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[str], str]"; expected "Callable[[str, Document], str]"
# error in pyright: Function accepts too few positional parameters; expected 2 but received 1
@v2.transform
def missing_second_parameter(text: str) -> str:
    return text


# error in mypy: "Callable[[Document, int], Suggestion | None]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Extra parameter "page"
@v2.suggest
def extra_parameter(document: v2.Document, page: int) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[Document, str], str]"; expected "Callable[[str, Document], str]"
# error in pyright: Parameter name mismatch: "text" versus "document"
@v2.transform
def swapped_parameters(document: v2.Document, text: str) -> str:
    return text


# error in mypy: "def without_the_default(document: Document, by: str) -> None"
# error in pyright: Parameter "by" is missing default argument
@v2.saved
def without_the_default(document: v2.Document, by: str) -> None: ...


# error in mypy: "Callable[[Document, int], None]"; expected "Callable[[Document, str], None]"
# error in pyright: Parameter 2: type "str" is incompatible with type "int"
@v2.saved
def with_another_default(document: v2.Document, by: int = 0) -> None: ...


# error in mypy: "Callable[[Document], Suggestion | None]"; expected "def (document: Document) -> Suggestion | None"
# error in pyright: Position-only parameter mismatch; parameter "document" is not position-only
@v2.suggest
def positional_only(document: v2.Document, /) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[Document], Coroutine[Any, Any, Suggestion | None]]"
# error in pyright: Missing keyword parameter "limit"
@v2.review
async def named_only_is_missing(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[Document], Coroutine[Any, Any, Suggestion | None]]"
# error in pyright: Function return type "CoroutineType[Any, Any, Suggestion | None]" is incompatible
@v2.suggest
async def asynchronous(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[Document, str], Coroutine[Any, Any, None]]"; expected "Callable[[Document, str], None]"
# error in pyright: Function return type "CoroutineType[Any, Any, None]" is incompatible with type "None"
@v2.saved
async def asynchronous_notice(document: v2.Document, by: str = "nobody") -> None: ...


# error in mypy: "Callable[[Document], Generator[Suggestion, None, None]]"
# error in pyright: Function return type "Generator[Suggestion, None, None]" is incompatible
@v2.suggest
def generator(document: v2.Document) -> Generator[v2.Suggestion]:
    yield v2.Suggestion()


# error in mypy: "type[NoFunction]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Function accepts too few positional parameters; expected 1 but received 0
@v2.suggest
class NoFunction: ...


# error in mypy: "def wrong_result_later(document: Document, *, limit: int = ...) -> Coroutine[Any, Any, int]"
# error in pyright: Function return type "CoroutineType[Any, Any, int]" is incompatible
@v2.review
async def wrong_result_later(document: v2.Document, *, limit: int = 3) -> int:
    return limit


# error in mypy: "def wrong_result_at_once(document: Document, *, limit: int = ...) -> int"
# error in pyright: Function return type "int" is incompatible
@v2.review
def wrong_result_at_once(document: v2.Document, *, limit: int = 3) -> int:
    return limit


# error in mypy: "Callable[[str, Document], Coroutine[Any, Any, None]]"
# error in pyright: Function return type "CoroutineType[Any, Any, None]" is incompatible
@v2.translate
async def forgotten_return_later(text: str, document: v2.Document) -> None:
    text.upper()


# error in mypy: "Literal['erly']"; expected "Literal['early', 'normal', 'late']"
# error in pyright: "Literal['erly']" is not assignable to type "Literal['late']"
@v2.suggest.ordered("erly")
def wrong_word(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: Unexpected keyword argument "order" for "ordered" of "Implementer"
# error in pyright: No parameter named "order"
# error in pyright: Untyped function decorator obscures type of function; ignoring decorator
@v2.suggest.ordered(order="early")
def word_by_name(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "int"; expected "str"
# error in pyright: "Literal[3]" is not assignable to "str"
@v2.suggest.ordered(after=[3])
def wrong_wish(document: v2.Document) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[int], Suggestion | None]"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Parameter 1: type "Document" is incompatible with type "int"
@v2.suggest.ordered("early")
def wrong_in_order(document: int) -> v2.Suggestion | None:
    return None


# error in mypy: "Callable[[str, Document], str]"; expected "Callable[[str, Document], Generator[None, str, str]]"
# error in pyright: Function return type "str" is incompatible with type "Generator[None, str, str]"
@v2.transform.wrapper
def does_not_yield(text: str, document: v2.Document) -> str:
    return text


# error in mypy: "Callable[[str, Document], Generator[str, str, str]]"
# error in pyright: Function return type "Generator[str, str, str]" is incompatible
@v2.transform.wrapper
def yields_something(text: str, document: v2.Document) -> Generator[str, str, str]:
    return (yield text)


# error in mypy: "Callable[[str, Document], Generator[None, str, None]]"
# error in pyright: Function return type "Generator[None, str, None]" is incompatible
@v2.transform.wrapper
def returns_nothing(text: str, document: v2.Document) -> Generator[None, str]:
    yield


# error in mypy: "Callable[[Document], Generator[None, int, list[Suggestion]]]"
# error in pyright: Function return type "Generator[None, int, list[Suggestion]]" is incompatible
@v2.suggest.wrapper
def is_sent_something_else(document: v2.Document) -> Generator[None, int, list[v2.Suggestion]]:
    yield
    return []


# error in mypy: "Callable[[Document], Generator[None, Suggestion, Suggestion]]"
# error in pyright: Function return type "Generator[None, Suggestion, Suggestion]" is incompatible
@v2.suggest.wrapper
def has_one_result(document: v2.Document) -> Generator[None, v2.Suggestion, v2.Suggestion]:
    return (yield)


# error in mypy: "Callable[[int], Generator[None, list[Suggestion], list[Suggestion]]]"
# error in pyright: Parameter 1: type "Document" is incompatible with type "int"
@v2.suggest.wrapper
def takes_something_else(document: int) -> Generator[None, list[v2.Suggestion], list[v2.Suggestion]]:
    return (yield)


# error in mypy: "def wraps_like_a_synchronous_hook(document: Document, *, limit: int = ...) -> Generator[None,
# error in pyright: Function accepts too few positional parameters; expected 2 but received 1
@v2.review.wrapper
def wraps_like_a_synchronous_hook(
    document: v2.Document, *, limit: int = 3
) -> Generator[None, list[v2.Suggestion], list[v2.Suggestion]]:
    return (yield)


# error in mypy: "def takes_no_others(document: Document, *, limit: int = ...) -> Coroutine[Any, Any,
# error in pyright: Function accepts too few positional parameters; expected 2 but received 1
@v2.review.wrapper
async def takes_no_others(document: v2.Document, *, limit: int = 3) -> list[v2.Suggestion]:
    return []


# error in mypy: "def returns_no_list(others: Callable[[], Awaitable[list[Suggestion]]], document: Document, *,
# error in pyright: Function return type "CoroutineType[Any, Any, Suggestion]" is incompatible
@v2.review.wrapper
async def returns_no_list(
    others: Callable[[], Awaitable[list[v2.Suggestion]]], document: v2.Document, *, limit: int = 3
) -> v2.Suggestion:
    return (await others())[0]


# error in mypy: "Callable[[Document, str], None]"; expected "Callable[[Document], None]"
# error in pyright: Extra parameter "by"
@v1.saved
def newer_than_published(document: v1.Document, by: str) -> None: ...


# error in mypy: Too many arguments for "__call__" of "Implementer"
# error in pyright: Expected 1 positional argument
v2.suggest(pdf, "early")


# error in mypy: "Document"; expected "Callable[[Document], Suggestion | None]"
# error in pyright: Type "Document" is not assignable to type "(document: Document) -> (Suggestion | None)"
v2.suggest(v2.Document())
