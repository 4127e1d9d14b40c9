"""Arrays between two ends of a connection: equal, of the same types, and in one memory where that can be."""

import array
import contextlib
import gc
import os
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.errors import CannotTravelError
from pegboard.isolation import shared_array, shared_buffer, wire
from pegboard.isolation.blocks import Memory

from .test_channel import Ends, until

MANY = wire.INLINE_BYTES


def address(value):
    return value.__array_interface__["data"][0]


class Arrays:
    """What is served at the far end."""

    def __init__(self):
        self.kept = []

    def __call__(self, target):
        return getattr(self, target)

    def give_back(self, value):
        return value

    def keep(self, value):
        self.kept.append(value)

    def double(self, value):
        value *= 2

    def twice(self, value):
        return value * 2

    def of(self, size):
        return np.arange(size, dtype="f8")


@pytest.fixture
def ends():
    ends = Ends()
    ends.far._server._serve = ends.arrays = Arrays()
    yield ends
    ends.close()


@pytest.fixture
def call(ends):
    return lambda target, *args: ends.near.call(target, args)


@pytest.fixture(scope="module")
def lasting():
    ends = Ends()
    ends.far._server._serve = Arrays()
    yield ends.near
    ends.close()


SIMPLE = ["?", "b", "u1", "<i2", ">i4", "u8", "f2", "<f4", ">f8", "c16", "S5", "U3", "M8[ns]", "m8[25s]", "V6"]
FIELDS = [
    [("x", "<i4"), ("y", ">f8", (2, 3))],
    {"names": ["b", "a"], "formats": ["u1", "<U4"], "offsets": [9, 1], "itemsize": 24},
    [("in", [("deep", "f4"), ("er", "S2", 3)]), ("ß", "?")],
]
DTYPES = st.sampled_from([*SIMPLE, *FIELDS]).map(np.dtype)
INDEXES = st.sampled_from([..., np.s_[::-1], np.s_[::2], np.s_[1:], np.s_[:0]])


class TestAnArray:
    @given(DTYPES, st.lists(st.integers(0, 5), max_size=3), st.booleans(), INDEXES, st.booleans(), st.booleans())
    def test_arrives_equal_in_type_shape_and_bytes(  # noqa: PLR0917
        self, lasting, dtype, shape, is_shared, index, is_fortran, is_large
    ):
        if is_large and shape:
            shape[0] *= 3000
        value = shared_array(tuple(shape), dtype) if is_shared else np.zeros(shape, dtype, "F" if is_fortran else "C")
        if value.size:
            raw = np.random.default_rng(1).integers(0, 2, value.size * dtype.itemsize, "u1")
            value.ravel("K").view(f"V{dtype.itemsize}")[...] = raw.view(f"V{dtype.itemsize}")
        part = value[index] if value.ndim else value
        part.flags.writeable = not is_fortran

        got = lasting.call("give_back", (part,))
        assert (type(got), got.dtype, got.shape) == (np.ndarray, part.dtype, part.shape)
        assert got.dtype.str == part.dtype.str
        assert got.tobytes() == part.tobytes()
        assert got.flags.writeable == part.flags.writeable
        if part.nbytes and part.flags.f_contiguous and not part.flags.c_contiguous:
            assert got.flags.f_contiguous

    def test_in_shared_memory_is_used_in_place(self, call):
        value = shared_array((100, 1000))
        value[...] = 1
        got = call("give_back", value)
        assert address(got) == address(value)
        call("double", value[50:, ::-2])
        assert value[:50].max() == 1
        assert value[50:, 1::2].min() == 2
        assert value[50:, ::2].max() == 1

    def test_that_is_small_and_in_shared_memory_is_used_in_place_too(self, call):
        value = shared_array(3, "i4")
        call("double", value + 0)
        assert list(value) == [0, 0, 0]
        value[...] = [1, 2, 3]
        call("double", value)
        assert list(value) == [2, 4, 6]

    def test_that_is_an_ordinary_one_is_copied_once_each_way_into_the_same_warm_blocks(self, ends, call, monkeypatch):
        value = np.ones(MANY)
        got = call("twice", value)
        assert got.sum() == 2 * MANY
        until(lambda: ends.near._link._blocks._free)
        own, foreign = ({**blocks} for blocks in (ends.near._link._blocks._own, ends.near._link._blocks._foreign))
        where = address(got)
        for _ in range(5):
            del got
            until(lambda: ends.near._link._blocks._free and ends.far._link._blocks._free)
            got = call("twice", value)
            assert address(got) == where
        assert (ends.near._link._blocks._own, ends.near._link._blocks._foreign) == (own, foreign)

    def test_that_comes_back_as_it_went_is_not_copied_again(self, ends, call):
        value = np.ones(MANY)
        got = call("give_back", value)
        (block,) = ends.near._link._blocks._own.values()
        assert block.address <= address(got) < block.address + block.size
        value[0] = 5
        assert got[0] == 1

    def test_keeps_its_memory_while_a_part_of_it_lives_and_no_longer(self, ends, call):
        kept = call("of", MANY)[7:9]
        others = [call("of", MANY) for _ in range(3)]
        del others
        gc.collect()
        [call("of", MANY)[:] for _ in range(5)]
        assert list(kept) == [7, 8]
        del kept
        until(lambda: all(not uses for uses in ends.far._link._blocks._uses.values()))

    def test_that_the_other_end_keeps_stays_as_it_was(self, ends, call):
        value = np.full(MANY, 3.0)
        call("keep", value)
        for _ in range(5):
            call("give_back", np.zeros(MANY))
        assert ends.arrays.kept[0].sum() == 3.0 * MANY

    def test_of_which_there_are_many_has_one_block(self, ends, call):
        values = [np.full(MANY, number) for number in range(20)]
        got = call("give_back", {"all": values})["all"]
        assert [each[0] for each in got] == list(range(20))
        assert len(ends.near._link._blocks._own) == 1

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (np.array([object()]), "holds Python objects"),
            (np.array([(1, None)], [("a", "i4"), ("b", "O")]), "holds Python objects"),
            (np.ma.masked_array([1]), r"numpy\.ma.*MaskedArray: pass `numpy.asarray`"),
            (memoryview(np.zeros(2, "u1,f4")), "cast it to one of a single letter"),
        ],
    )
    def test_that_no_other_numpy_could_use_is_refused(self, call, value, reason):
        with pytest.raises(CannotTravelError, match=reason):
            call("give_back", [value])
        assert call("give_back", 1) == 1

    def test_that_is_too_large_is_refused(self, call):
        huge = np.broadcast_to(np.zeros(1), (2**40,))
        with pytest.raises(CannotTravelError, match="more than"):
            call("give_back", huge)

    def test_for_which_there_is_no_memory_is_refused(self, ends, call, monkeypatch):
        def fail(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "posix_fallocate", fail)
        with pytest.raises(CannotTravelError, match="No space left on device"):
            call("give_back", np.ones(MANY))
        monkeypatch.undo()
        assert call("twice", np.ones(MANY)).sum() == 2 * MANY


class TestOthers:
    @pytest.mark.parametrize("code", ["f2", ">i8", "c8", "S4", "U2", "M8[D]", "?"])
    def test_a_scalar_keeps_its_type(self, call, code):
        value = np.ones((), code)[()]
        got = call("give_back", value)
        assert (type(got), got.dtype, got) == (type(value), value.dtype, value)

    @pytest.mark.parametrize("size", [0, 3, MANY])
    def test_views_and_arrays_of_the_standard_library(self, call, size):
        for value in (memoryview(b"x" * size), memoryview(bytearray(size)), memoryview(array.array("d", [1.5] * size))):
            got = call("give_back", value)
            assert (got.format, got.shape, got.readonly, got) == (value.format, value.shape, value.readonly, value)
        numbers = array.array("h", range(min(size, 1000)))
        assert call("give_back", numbers) == numbers

    def test_a_shared_buffer_is_used_in_place(self, ends, call):
        buffer = shared_buffer(100)
        call("keep", buffer[10:20])
        ends.arrays.kept[0][:] = b"0123456789"
        assert buffer.tobytes() == bytes(10) + b"0123456789" + bytes(80)
        got = call("give_back", buffer)
        got[0] = 1
        assert buffer[0] == 1

    def test_shared_memory_is_given_back_with_its_last_view(self):
        before = set(Memory._all)
        value = shared_array((MANY,))
        (new,) = set(Memory._all) - before
        part = value[5:6]
        del value
        assert new in Memory._all
        del part
        assert new not in Memory._all

    def test_shared_memory_that_two_have_seen_is_not_used_for_others(self, ends, call):
        other = Ends()
        other.far._server._serve = Arrays()
        value = shared_array(MANY)
        call("give_back", value)
        other.near.call("give_back", (value,))
        del value
        gc.collect()
        for channel in (ends.near, other.near):  # each tells its other end to forget it
            until(lambda channel=channel: not channel._link._blocks._own)
        other.close()

    def test_shared_memory_holds_no_objects(self):
        with pytest.raises(TypeError, match="holds objects"):
            shared_array(3, object)
        with pytest.raises(ValueError, match="0 is less than 1"):
            shared_buffer(0)


def test_without_numpy_an_array_is_an_error_of_the_call(ends, call, monkeypatch):
    import importlib

    def fail(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(Exception, match="NumPy cannot be imported"):
        call("give_back", np.ones(3))
    monkeypatch.undo()
    assert call("give_back", 1) == 1


class TestWhatWasSent:
    def test_is_let_go_of_without_a_collection_of_cycles(self, ends, call):
        gone = []
        gc.disable()
        try:
            for send in (lambda value: call("keep", value), lambda value: call("give_back", [value, object()])):
                value = np.ones(MANY)
                weakref.finalize(value, gone.append, True)
                with contextlib.suppress(CannotTravelError):
                    send(value)
                del value
            assert len(gone) == 2
        finally:
            gc.enable()
