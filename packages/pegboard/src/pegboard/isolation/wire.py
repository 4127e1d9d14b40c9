"""What do two processes say to each other? This file is the contract; whoever changes it raises `VERSION`.

A connection is a pair of connected Unix stream sockets. Each end sends *frames*: a header of fixed size, and a body of
MessagePack. Both ends are alike: each calls functions of the other, answers, and gives away what is called later.

    header          magic, version, number of descriptors (0 or 1); kind, length of the body, id, parent, arena

    request         CALL    id, parent    [target, arguments, named arguments]
                    INVOKE  id, parent    [number, arguments, named arguments]   a function that was given away
                    MORE    id, parent    [number, [most], {}]                   items of a stream that was given away
                    CLOSE   id, parent    [number, [], {}]                       that stream
    answer          REPLY   id            value; to MORE: [items, whether that was all]
                    ERROR   id            a dictionary, see `remote_errors`
    without answer  CANCEL  id            the caller does not wait any more
                    NOTIFY                [topic, data]
                    NOTED   id            so many notifications have been handled
                    FREE                  [[number, count], ...]                 functions and streams are not used
                    UNUSED                [[is the receiver's, block, count], ...]
                    BLOCK   id            [size], with the descriptor of memory to be mapped
                    FORGET  id            that memory will not be used again
                    FILE    id            with the descriptor of an open file

*id* is a number of the caller's, *parent* the receiver's own request that the sender is serving: the new one is served
by the thread that waits for that. *arena* is the number of the block that copied arrays of this message lie in, or 0.

A value is what MessagePack knows: nil, booleans, integers of 64 bits, floats, text (surrogates pass), bytes, arrays and
maps. Whatever else travels is an array whose first item is a *mark*, an extension without data: [TUPLE, 1, 2]. No value
makes the receiver run code, import anything but NumPy, or read memory that it was not given.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md; unix(7), SCM_RIGHTS.
"""

from __future__ import annotations

import struct

VERSION = 1
"""Of this contract. Two ends with different versions do not talk to each other."""

MAGIC = b"Pg"
PLAIN = MAGIC + bytes([VERSION, 0])
"""How a frame without a descriptor begins."""
WITH_DESCRIPTOR = MAGIC + bytes([VERSION, 1])
HEADER = struct.Struct("<4sIIQQI")
"""Beginning, kind, length, id, parent, arena."""

CALL, INVOKE, MORE, CLOSE = 1, 2, 3, 4
REPLY, ERROR = 10, 11
CANCEL, NOTIFY, NOTED, FREE, UNUSED, BLOCK, FORGET, FILE = 20, 21, 22, 23, 24, 25, 26, 27

REQUESTS = frozenset({CALL, INVOKE, MORE, CLOSE})
ANSWERS = frozenset({REPLY, ERROR})
KINDS = REQUESTS | ANSWERS | {CANCEL, NOTIFY, NOTED, FREE, UNUSED, BLOCK, FORGET, FILE}

# marks: the types of extensions
TUPLE, SET, FROZENSET, INT, COMPLEX, DECIMAL, FRACTION, BYTEARRAY = 1, 2, 3, 4, 5, 6, 7, 8
DATE, TIME, DATETIME, TIMEDELTA, TIMEZONE, ZONE = 10, 11, 12, 13, 14, 15
PATH, PURE_POSIX_PATH, PURE_WINDOWS_PATH, UUID, RANGE, SLICE, ELLIPSIS = 20, 21, 22, 23, 24, 25, 26
NDARRAY, SCALAR, MEMORYVIEW, ARRAY = 30, 31, 32, 33
OPEN_FILE, FUNCTION, ASYNC_FUNCTION, RETURNED, STREAM, ASYNC_STREAM = 40, 41, 42, 43, 44, 45

MARKS = frozenset(
    {TUPLE, SET, FROZENSET, INT, COMPLEX, DECIMAL, FRACTION, BYTEARRAY}
    | {DATE, TIME, DATETIME, TIMEDELTA, TIMEZONE, ZONE}
    | {PATH, PURE_POSIX_PATH, PURE_WINDOWS_PATH, UUID, RANGE, SLICE, ELLIPSIS}
    | {NDARRAY, SCALAR, MEMORYVIEW, ARRAY}
    | {OPEN_FILE, FUNCTION, ASYNC_FUNCTION, RETURNED, STREAM, ASYNC_STREAM}
)

# limits: each end keeps to them, and closes a connection whose other end does not
MOST_BODY_BYTES = 256 * 2**20
"""Of one frame; arrays lie in blocks, and do not count."""
MOST_BLOCK_BYTES = 64 * 2**30
MOST_DEPTH = 100
"""Of containers in one another."""
MOST_DIGITS_BYTES = 2**20
"""Of an integer of more than 64 bits."""
MOST_DIMENSIONS = 32
"""Of an array: what every version of NumPy has."""
MOST_BLOCKS = 512
"""That one end has given the other, and not told it to forget."""
MOST_FILES = 64
"""That were given, and have not been named by a value yet."""
MOST_GIVEN = 2**16
"""Functions and streams that one end has given away and that are in use at the other."""
MOST_QUEUED = 4096
"""Requests that wait for a thread."""
MOST_NOTES = 2048
"""Notifications that are sent and not yet handled."""
MOST_ITEMS = 64
"""Of a stream that are under way."""
INLINE_BYTES = 32 * 2**10
"""Smaller arrays lie in the body."""
