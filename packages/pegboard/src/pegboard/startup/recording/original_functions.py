"""Which functions does making an index call, if a plugin has replaced those of Python?

In: nothing; the functions are taken when this module is imported, before a cold start imports the first plugin. Out: a
`with` block in which they are in place.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import json.decoder
import json.encoder
import os
import os.path
import stat
import time

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_NAMESPACES = [vars(each) for each in (builtins, io, json, json.decoder, json.encoder, os, os.path, stat, time, errno)]
_NUMBERED = [(number, dict(namespace)) for number, namespace in enumerate(_NAMESPACES)]


class OriginalFunctions:
    """Python's own functions in place of those that plugins have put there, which come back at the end."""

    def __init__(self) -> None:
        self._replaced: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        # `namespace.get` and such are methods of built-in types, which nobody can replace; functions may be replaced
        for number, originals in _NUMBERED:
            namespace = _NAMESPACES[number]
            found = {}
            for name in originals:
                if name in namespace and namespace[name] is not originals[name]:
                    found[name] = namespace[name]
            self._replaced.append(found)
            namespace.update(originals)

    def __exit__(self, *_: object) -> None:
        for number, _originals in _NUMBERED:
            _NAMESPACES[number].update(self._replaced[number])
