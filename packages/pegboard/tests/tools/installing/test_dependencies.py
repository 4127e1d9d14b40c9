"""Which distributions need which: names, extras and markers of requirements."""

from __future__ import annotations

import sys

import pytest

from pegboard.errors import InstallRefusedError
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


def test_without_the_extra_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "packaging", None)
    for name in [name for name in sys.modules if name.startswith("packaging.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InstallRefusedError, match=r"pip install 'pegboard\[cli\]'"):
        name_of("acme-hi")
