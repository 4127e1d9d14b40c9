"""Is a function refused only where it plainly does not fit a hook?"""

from __future__ import annotations

import pytest

from pegboard.hooks.checking import _never_returns_anything


def conditional(text):
    return text.title() if text else None


def conditional_first(text):
    return None if text else text.title()


def nested(text):
    return (text.title() if text.islower() else None) if text else None


def operators(text):
    return text and (text.title() or None)


def in_a_try(text):
    try:
        return text.title()
    except AttributeError:
        return None


def in_a_with(text):
    with text as inner:
        return inner


def in_a_loop(text):
    for each in text:
        if each:
            return each
    return None


def in_a_match(text):
    match text:
        case "a":
            return 1
        case _:
            return None


def written_none(text):
    return None


def written_none_in_a_branch(text):
    if not text:
        return None  # noqa: RET501 -- it is written
    text.title()


def annotated(text) -> str | None:
    text.title()


def annotated_by_text(text) -> Optional[str]:  # noqa: F821 -- no name is looked up
    text.title()


def raises(text):
    raise NotImplementedError


@pytest.mark.parametrize(
    "function",
    [
        conditional,
        conditional_first,
        nested,
        operators,
        in_a_try,
        in_a_with,
        in_a_loop,
        in_a_match,
        written_none,
        written_none_in_a_branch,
        annotated,
        annotated_by_text,
        raises,
        lambda text: text or None,
    ],
)
def test_a_function_that_may_return_something_is_no_mistake(function):
    assert not _never_returns_anything(function)


def nothing(text):
    text.title()


def nothing_in_branches(text):
    if text:
        text.title()
    else:
        text.lower()


def bare_returns(text):
    if not text:
        return
    with text as inner:
        inner.title()


def nothing_in_a_try(text):
    try:
        text.title()
    except AttributeError:
        text.lower()
    finally:
        text.upper()


def short(text):
    go()  # noqa: F821 -- as many letters as None has


def annotated_wrongly(text) -> str:
    text.title()


@pytest.mark.parametrize(
    "function", [nothing, nothing_in_branches, bare_returns, nothing_in_a_try, short, annotated_wrongly]
)
def test_a_forgotten_return_is_seen(function):
    assert _never_returns_anything(function)
