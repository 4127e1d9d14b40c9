"""What is sent arrives equal, with the same types."""

import contextlib
import datetime as dt
import math
import pathlib
import uuid
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.errors import CannotTravelError
from pegboard.isolation import values, wire

ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=2)), zoneinfo.ZoneInfo("UTC"), None])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**200), max_value=2**200),
    st.floats(),
    st.text(st.characters(exclude_categories=())),
    st.binary(max_size=50),
    st.binary(max_size=50).map(bytearray),
    st.complex_numbers(),
    st.decimals(),
    st.fractions(),
    st.dates(),
    st.timedeltas(),
    st.times(timezones=ZONES),
    st.datetimes(timezones=ZONES),
    st.uuids(),
    st.builds(range, st.integers(-9, 9), st.integers(-9, 9)),
    st.builds(slice, st.integers(), st.none()),
    st.sampled_from([..., pathlib.Path("/a/b"), pathlib.PureWindowsPath("c:/d"), pathlib.PurePosixPath("e")]),
)
KEYS = st.one_of(st.text(), st.integers(), st.tuples(st.text(), st.integers()), st.frozensets(st.integers()))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(st.one_of(st.integers(), st.text(), st.tuples(st.integers())), max_size=4),
        st.frozensets(st.integers(), max_size=4),
    ),
    max_leaves=12,
)


class Message:
    """Takes what goes along with the bytes: nothing."""

    peer = "plugin 'csv'"

    def give(self, value):
        del value


def written(value):
    if values.is_flat(value):
        return values.Writer().pack(value)
    return values.Writer().write(value, Message(), lambda: [("result", value)])


def carried(value):
    return values.read(written(value), Message)


def likeness(value):
    """Return what is equal for values that are equal, of the same types, and in the same order."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, [likeness(item) for item in value]
    if kind in (set, frozenset):
        return kind, {repr(likeness(item)) for item in value}
    if kind is dict:
        return kind, [(likeness(key), likeness(item)) for key, item in value.items()]
    if kind in (dt.datetime, dt.time):
        return kind, value.replace(tzinfo=None), repr(value.tzinfo), value.fold
    return kind, repr(value)


class TestWhatIsSent:
    @given(VALUES)
    def test_arrives_equal_with_the_same_types(self, value):
        assert likeness(carried(value)) == likeness(value)

    @given(st.lists(LEAVES, max_size=30))
    def test_is_flat_only_if_nothing_is_lost_by_not_looking_at_it(self, value):
        if values.is_flat(value):
            assert likeness(values.read(values.Writer().pack(value), Message)) == likeness(value)

    @given(VALUES, st.sampled_from([object(), (1).__class__, dt.datetime.now, {1: 2}.keys()]), st.data())
    def test_is_refused_by_its_place_and_type_if_it_cannot_travel(self, value, odd, data):
        whole = data.draw(st.sampled_from([[value, odd], (odd, value), {"odd": odd, "value": value}, [[[odd]]]]))

        with pytest.raises(CannotTravelError) as caught:
            written(whole)
        assert caught.value.value in {"result[1]", "result[0]", "result['odd']", "result[0][0][0]"}
        assert type(odd).__qualname__ in caught.value.type_name


class TestWhatIsRead:
    @given(st.binary(max_size=200))
    def test_is_a_value_or_an_error_whatever_the_bytes_are(self, data):
        with contextlib.suppress(ValueError):
            values.read(data, Message)

    @given(VALUES, st.data())
    def test_is_a_value_or_an_error_if_a_byte_was_changed(self, value, data):
        message = bytearray(written(value))
        message[data.draw(st.integers(0, len(message) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        with contextlib.suppress(ValueError):
            values.read(bytes(message), Message)


def test_nan_and_signed_zero_arrive_as_they_are():
    nan, zero = carried([math.nan, -0.0])

    assert math.isnan(nan)
    assert math.copysign(1, zero) == -1


@pytest.mark.parametrize("depth", [wire.MOST_DEPTH - 1, wire.MOST_DEPTH + 1])
def test_what_is_nested_too_deeply_is_refused(depth):
    value = [()]
    for _ in range(depth):
        value = [value]
    if depth < wire.MOST_DEPTH:
        assert carried(value) == value
    else:
        with pytest.raises(CannotTravelError, match="nested in more than 100 others"):
            written(value)


def test_what_contains_itself_is_refused():
    value = [()]
    value.append(value)

    with pytest.raises(CannotTravelError, match="or contains itself"):
        written(value)


def test_what_is_too_large_is_refused_without_being_written(monkeypatch):
    monkeypatch.setattr(wire, "MOST_BODY_BYTES", 1000)
    for value in (b"x" * 1001, ["y" * 1001, 2], {"key": (b"z" * 1001,)}, [list(range(1001))] * 2):
        with pytest.raises(CannotTravelError, match="MiB"):
            values.Writer().write(value, Message(), lambda: ())


@pytest.mark.parametrize("mark", sorted(wire.MARKS))
def test_a_mark_without_what_belongs_to_it_is_an_error(mark):
    for items in ([], [None], [1, 2, 3, 4, 5, 6, 7, 8], [{}, {}], [b"x", "y"]):
        data = values.Writer().pack([_mark(mark), *items])
        try:
            values.read(data, Message)
        except ValueError:
            continue
        assert mark < wire.NDARRAY  # plain data that can have such items


def _mark(code):
    import msgpack

    return msgpack.ExtType(code, b"")


def test_a_uuid_is_one():
    value = uuid.UUID(int=5)
    assert carried((value,)) == (value,)
