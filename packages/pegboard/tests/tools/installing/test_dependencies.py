"""Which distributions need which: names, extras and markers of requirements."""

from __future__ import annotations

import sys

import pytest

from pegboard.tools.installing.dependencies import closure, name_of, needs

REQUIRES = {
    "app": ["lib>=1", "Plug.In[fast]; extra == 'all'"],
    "plug-in": ["lib", "speed; extra == 'fast'", "old; python_version < '3'", "new; python_version >= '3'"],
    "lib": [],
    "speed": ["lib"],
    "new": ["app"],
    "old": [],
}


def test_a_requirement_holds_where_its_marker_does():
    assert needs(REQUIRES["plug-in"]) == {"lib": set(), "new": set()}


def test_an_extra_brings_what_it_requires():
    assert needs(REQUIRES["plug-in"], {"fast"}) == {"lib": set(), "new": set(), "speed": set()}
    assert needs(REQUIRES["app"], {"all"}) == {"lib": set(), "plug-in": {"fast"}}


def test_an_extra_and_a_marker_must_both_hold():
    line = "old; extra == 'fast' and python_version < '3'"
    assert needs([line], {"fast"}) == {}


def test_the_closure_knows_the_extras_that_others_ask_for():
    found = closure({"app": {"all"}}, REQUIRES)
    assert found == {"app": {"all"}, "lib": set(), "plug-in": {"fast"}, "speed": set(), "new": set()}


def test_the_closure_leaves_out_what_is_not_there():
    assert closure({"nobody": set(), "speed": set()}, {"speed": ["lib"]}) == {"speed": set()}


def test_an_extra_that_is_asked_for_later_counts_too():
    requires = {"a": ["b", "c"], "b": ["d; extra == 'x'"], "c": ["b[x]"], "d": []}
    assert closure({"a": set()}, requires) == {"a": set(), "b": {"x"}, "c": set(), "d": set()}


def test_a_name_is_the_same_however_it_is_written():
    assert name_of("Acme.Plug_In [fast] >=1,<2 ; python_version > '3'") == "acme-plug-in"
    assert name_of("acme-hi@https://example.org/acme-hi.zip") == "acme-hi"


@pytest.mark.parametrize("text", ["-e", "./folder", "wheels/acme_hi-1.0-py3-none-any.whl", "", "acme hi"])
def test_what_is_no_requirement_has_no_name(text):
    assert name_of(text) == ""


def test_a_requirement_with_an_odd_version_is_one_all_the_same():
    """Metadata of old distributions has them; what they name must not be removed."""
    assert needs(["pytz (>dev)", "???"]) == {"pytz": set()}


@pytest.fixture
def no_packaging(monkeypatch):
    monkeypatch.setitem(sys.modules, "packaging", None)
    for name in [name for name in sys.modules if name.startswith("packaging.")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "text", ["acme-hi", "Acme_Hi>=1,<2", "acme.hi [fast] ; extra == 'x'", "acme-hi @ https://example.org/a"]
)
def test_without_packaging_a_requirement_is_its_name(no_packaging, text):
    assert name_of(text) == "acme-hi"


def test_without_packaging_every_marker_counts_so_that_too_much_is_kept(no_packaging):
    assert needs(["acme-hi; python_version < '3'", "acme-lo; extra == 'x'"]) == {"acme-hi": set(), "acme-lo": set()}


@pytest.mark.parametrize("text", ["-e", "./folder", "", "acme hi"])
def test_without_packaging_what_is_no_requirement_has_no_name_either(no_packaging, text):
    assert name_of(text) == ""
