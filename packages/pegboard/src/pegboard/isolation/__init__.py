"""A plugin in an environment and a process of its own: how do its contributions get into the application's process?

`process` is one such process, as the application sees it; `child` is what runs there; a `channel` connects the two.
`shared_array` and `shared_buffer` make memory that goes to such plugins, and comes back, without being copied.
"""

from __future__ import annotations

from pegboard.isolation.blocks import shared_array, shared_buffer

__all__ = ["shared_array", "shared_buffer"]
