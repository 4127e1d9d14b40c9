"""The former home of `Scope`, kept until 1.0: use `pegboard.container.Scope`."""

from __future__ import annotations

from pegboard.container import Scope

__all__ = ["Scope"]
