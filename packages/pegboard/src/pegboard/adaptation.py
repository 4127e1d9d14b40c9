"""How does what a module offers become contributions: objects behind entry points, functions, classes by convention?

In: a plugin whose module has just been executed, what is known of its entry points, and the application's adapter. Out:
calls of the adapter, in the plugin's bracket, so that what it registers is the plugin's.

Source:
    "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import module_of
from pegboard.ledger import DISABLED, retried

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, ModuleType
    from typing import Any, Protocol

    from pegboard.ledger import Plugin, Records
    from pegboard.sources import Adapter

    class Attribution(Protocol):
        """Tells whose code is running."""

        @property
        def records(self) -> Records | None: ...
        def stack(self) -> list[Plugin]: ...


BY_ADAPTER = "the application's adapter says so"
"""How the reason of a plugin begins that the adapter wants to be imported at every start."""


class EntryPoint:
    """One line of a distribution's `entry_points.txt` that names a plugin's module, or something in it."""

    __slots__ = ("group", "name", "object", "value")

    def __init__(self, name: str, group: str, value: str, object: Any) -> None:  # noqa: A002 -- what it is
        self.name: str = name
        """What stands before the equals sign."""
        self.group: str = group
        """The group that it is in, one of the host's."""
        self.value: str = value
        """What stands behind the equals sign, e.g. `acme_csv:Reader [fast]`."""
        self.object: Any = object
        """What it names: an object of the module, or the module itself where none is named."""

    def __repr__(self) -> str:
        return f"<entry point {self.name} = {self.value} in group {self.group}>"


def parse(value: str) -> tuple[str, str]:
    """Return the module in the *value* of an entry point, and the name of the object; empty for the module itself."""
    module, _, attributes = value.partition("[")[0].partition(":")
    return module.strip(), attributes.strip()


class Offering:
    """A loader that executes a plugin's module, and then lets the adapter see what the module offers."""

    __slots__ = ("_adapter", "_attribution", "_loader", "_may_be_inside", "plugin")

    def __init__(self, loader: Any, plugin: Plugin, adapter: Adapter | None, attribution: Attribution) -> None:
        """Prepare.

        Args:
            loader: Executes the module.
            plugin: The plugin that the module is.
            adapter: Called at the end; None where nothing is adapted.
            attribution: Knows what this thread imports, and the records, which know the plugin's entry points unless a
                search has found them.
        """
        self._loader = loader
        self.plugin: Plugin = plugin
        """The plugin that the module is."""
        self._adapter = adapter
        self._attribution = attribution
        self._may_be_inside = plugin in attribution.stack()

    def exec_module(self, module: ModuleType) -> None:
        """Execute *module*.

        Raises:
            AttributeError: For the first object that is not there; says which names are near.
        """
        self._loader.exec_module(module)
        if self.plugin.state == DISABLED:  # others use it as a library
            return
        if not (self._may_be_inside and self._is_inside()):  # one that executes itself again is seen once, at the end
            offer(self.plugin, self._adapter, self._attribution.records)

    def _is_inside(self) -> bool:
        """Return whether this thread executes the module once more while it does so.

        A note of what is being executed would be a change that an import has made.
        """
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
        while frame is not None and (frame := frame.f_back) is not None:
            if frame.f_code is Offering.exec_module.__code__ and frame.f_locals["self"].plugin is self.plugin:
                return True
        return False


def offer(plugin: Plugin, adapter: Adapter | None, records: Records | None) -> None:
    """Look up what the entry points of *plugin* name in its module, and show it to the *adapter*; see `Offering`."""
    module = sys.modules.get(plugin.module)
    if module is None:  # it has removed itself, which the bracket reports
        return
    found = [
        EntryPoint(name, group, value, look_up(module, value, f"entry point {name} = {value} in group {group} of {by}"))
        for name, group, value, by in entry_points_of(plugin, records)
    ]
    if adapter is not None:
        adapter.adapted.add(plugin)
        _call(adapter.function, plugin, module, tuple(found))


def _call(function: Callable[..., object], plugin: Plugin, module: ModuleType, found: tuple[EntryPoint, ...]) -> None:
    function(plugin, module, found)


def look_up(module: ModuleType, value: str, entry_point: str) -> Any:
    """Return what the *value* of an entry point names in its *module*.

    Raises:
        AttributeError: If it is not there; names *entry_point*, and the nearest name.
    """
    thing: Any = module
    path = parse(value)[1]
    for name in path.split(".") if path else ():
        try:
            thing = getattr(thing, name)
        except AttributeError as error:
            from difflib import get_close_matches

            near = get_close_matches(name, [known for known in dir(thing) if not known.startswith("_")], n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise AttributeError(f"{entry_point} names {path!r}, which is not there{meant}") from error
    return thing


def entry_points_of(plugin: Plugin, records: Records | None) -> tuple[tuple[str, str, str, str], ...]:
    """Return name, group, value and distribution of each entry point of *plugin*, from *records* if need be.

    Of a plugin that is a distribution itself, in the place of the distribution: the registry that it contributes to.
    """
    if plugin.entry_points is None and records is not None:
        plugin.entry_points = _recorded(records, plugin.module)
    return plugin.entry_points or ()


@retried
def _recorded(records: Records, module: str) -> tuple[tuple[str, str, str, str], ...]:
    lines = records.index.lines("entry points", module)
    return tuple([(name, group, value, by) for name, group, value, by in lines])


# -- whose doing is it? -----------------------------------------------------------------------------------------------


def plugin_adapted_by(frame: FrameType) -> Plugin | None:
    """Return the plugin for which *frame* calls the adapter; None if it does something else."""
    plugin: Plugin | None = frame.f_locals["plugin"] if frame.f_code is _call.__code__ else None
    return plugin


def note_declaration(plugin: Plugin, adapter: Adapter | None) -> None:
    """Note on *plugin*, which was just declared to be eager or not, whether the *adapter* says so or the plugin."""
    if adapter is None or not plugin.eager or plugin.is_eager_by_user:
        return
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    inside = f"{plugin.module}."
    while frame is not None and not f"{module_of(frame)}.".startswith(inside):
        if plugin_adapted_by(frame) is plugin:
            plugin.reason = f"{BY_ADAPTER} ({adapter.place})"
            return
        frame = frame.f_back
    if plugin.reason is not None and plugin.reason.startswith(BY_ADAPTER):
        plugin.reason = None


def codes_of(adapter: Adapter | None) -> dict[int, CodeType]:
    """Return the code of *adapter* and of the functions in it, by identity; none if it is not written in Python."""
    pending = [] if adapter is None or adapter.code is None else [adapter.code]
    found: dict[int, CodeType] = {}
    while pending:
        code = pending.pop()
        found[id(code)] = code
        pending += [each for each in code.co_consts if type(each) is type(code)]
    return found


def is_line_of(adapter: Adapter | None, location: str) -> bool:
    """Return whether *location*, as `file:line`, is in the code of *adapter*."""
    if adapter is None or adapter.code is None:
        return False
    file, _, line = location.rpartition(":")
    lines = [number for code in codes_of(adapter).values() for _, _, number in code.co_lines() if number is not None]
    return file == adapter.code.co_filename and line.isdecimal() and min(lines) <= int(line) <= max(lines)
