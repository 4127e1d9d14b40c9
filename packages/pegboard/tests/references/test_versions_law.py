"""Versions are ordered as `packaging` orders them, which every installer uses."""

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from pegboard.references.versions import compare, key

NUMBER = st.integers(0, 12).map(str)
SEPARATOR = st.sampled_from(["", ".", "-", "_"])
PHASE = st.sampled_from(["a", "b", "rc", "c", "alpha", "BETA", "pre", "preview"])
LABEL = st.one_of(st.just(""), st.builds("{}{}{}".format, SEPARATOR, PHASE, st.one_of(st.just(""), NUMBER)))
POST = st.one_of(st.just(""), st.builds("-{}".format, NUMBER), st.builds("{}post{}".format, SEPARATOR, NUMBER))
DEV = st.one_of(st.just(""), st.builds("{}dev{}".format, SEPARATOR, st.one_of(st.just(""), NUMBER)))
LOCAL = st.one_of(st.just(""), st.sampled_from(["+1", "+ubuntu.1", "+a_b", "+1.2", "+A"]))
RELEASE = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
EPOCH = st.sampled_from(["", "", "", "1!", "v"])
VERSIONS = st.builds("".join, st.tuples(EPOCH, RELEASE, LABEL, POST, DEV, LOCAL))


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_as_installers_order_them(first, second):
    one, other = Version(first), Version(second)
    assert compare(first, second) == (one > other) - (one < other)


@given(st.text(alphabet="0123456789.abrcdevpost-+!v_ ", max_size=12))
def test_what_installers_take_for_no_version_is_none(text):
    try:
        Version(text)
    except InvalidVersion:
        assert key(text) is None
        assert compare(text, "1") is None
        assert compare(text, text) == 0
    else:
        assert key(text) is not None


def test_numbers_without_end_are_no_version():
    assert key("1" * 300) is None
