"""What a plugin may pass as a name, as metadata, and in a declaration."""

import enum
import os
from pathlib import Path

import pytest

from pegboard.errors import HostError, InvalidNameError, MetadataError
from pegboard.plain_data import plain, plain_inputs, plain_metadata, plain_name, plain_names


class Kind(str, enum.Enum):  # noqa: UP042 -- whose `str()` is another text
    HTML = "html"


class Loud(str):
    __slots__ = ()

    def __str__(self):
        return self.upper()

    def strip(self, *_):
        raise ZeroDivisionError


class Spoof:
    __class__ = str


def test_a_name_that_is_some_kind_of_text_is_that_text():
    for name in (Kind.HTML, Loud("html"), enum.StrEnum("S", {"A": "html"}).A):
        assert type(plain_name(name, "a thing")) is str
        assert plain_name(name, "a thing") == "html"


def test_what_cannot_be_shown_in_a_list_is_no_name():
    for name in ("", " ", "a\0b", "\ud800", "a\nb", "a\x1eb", "\x1b[2J", b"html", 3, None, Spoof()):
        with pytest.raises(InvalidNameError, match="cannot be the name of a thing"):
            plain_name(name, "a thing")


def test_names_may_be_one_or_several():
    assert plain_names("a") == ("a",)
    assert plain_names([Kind.HTML, "b"]) == ("html", "b")
    for names in ([["x"]], [None], ["\ud800"], ("a\0",)):
        with pytest.raises(InvalidNameError):
            plain_names(names)


def test_inputs_are_absolute_paths_and_variables():
    here = os.getcwd()
    assert plain_inputs("a.txt") == (os.path.join(here, "a.txt"),)
    assert plain_inputs([Path("a"), b"b", "env:NAME"]) == (os.path.join(here, "a"), os.path.join(here, "b"), "env:NAME")
    assert plain_inputs(["\udcff"]) == (os.path.join(here, "\udcff"),)  # a byte that is no text


def test_what_cannot_be_a_path_is_refused():
    for given in ("a\0b", "\ud800", "env:a\0", 3, ["x"], None):
        with pytest.raises(HostError, match="a plugin cannot depend on"):
            plain_inputs([given])


def test_metadata_comes_back_as_built_in_types():
    class Tree(dict):
        pass

    found = plain_metadata("things", "x", {Loud("k"): Loud("v"), "t": (Kind.HTML, Tree(a=1))})
    assert found == {"k": "v", "t": ["html", {"a": 1}]}
    assert [type(each) for each in (*found, found["k"], found["t"][0], found["t"][1])] == [str, str, str, str, dict]


@pytest.mark.parametrize("metadata", [{"\ud800": 1}, {"a": "\ud800"}, {"a": [{"\udfff": 1}]}, {"a": float("nan")}])
def test_metadata_that_cannot_be_written_down_is_refused(metadata):
    with pytest.raises(MetadataError):
        plain_metadata("things", "x", metadata)


def test_a_number_whose_difference_lies_is_still_none():
    class Liar(float):
        def __sub__(self, other):
            return 0

    with pytest.raises(TypeError):
        plain(Liar("nan"))


def test_metadata_that_has_no_end_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(MetadataError, match="cannot be written down"):
        plain_metadata("things", "x", {"a": endless})
