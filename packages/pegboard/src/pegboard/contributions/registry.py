"""Moved."""

from pegboard.registry import Registry  # noqa
