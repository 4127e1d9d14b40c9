"""What do two processes say to each other? The contract, version by version; both sides check the version."""

from __future__ import annotations

VERSION = 1
"""Of this contract. Two ends with different versions do not talk to each other."""
