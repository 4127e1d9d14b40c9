"""Where are an application's plugins, if not only in the usual places, and which modules there are plugins?

In: what the application's author says to `Host`. Out: a namespace, groups of entry points, a folder of the user's, a
condition for modules, and what adapts plugins; and one line of text that tells whether an index was made with the same.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType, FrameType
    from typing import Any, Final

_NOT_PLAIN: Final = 0x20 | 0x80 | 0x200
"""What `co_flags` says of generators and coroutines, of which a call runs nothing (`inspect.CO_GENERATOR`, ...)."""


class Sources:
    """Where one application's plugins are; it never changes."""

    __slots__ = ("_text", "adapter", "folder", "groups", "is_plugin", "namespace", "registries")

    def __init__(
        self,
        application: str,
        *,
        namespace: str | None = None,
        entry_points: str | Iterable[str] | None = None,
        folder: str | os.PathLike[str] | None = None,
        is_plugin: Callable[[Any], object] | None = None,
        adapter: Adapter | None = None,
        registries: Iterable[tuple[str, tuple[str, ...]]] = (),
    ) -> None:
        """Check what the author says; all is described at `Host`.

        Raises:
            InvalidNameError: If a name cannot be one of its kind.
            HostError: If the namespace is the application itself, or what is to be a function is none.
        """
        usual = f"{application}.plugins"
        self.namespace: str = usual if namespace is None else _namespace(application, namespace)
        """The package that plugins are modules of; empty for none."""
        self.groups: tuple[str, ...] = (usual,) if entry_points is None else tuple(_groups(entry_points))
        """The groups of entry points; each names a plugin."""
        self.folder: str | None = None if folder is None else os.path.abspath(folder) if folder else ""
        """The user's plugin folder; empty for none, None for the usual one."""
        self.is_plugin: Callable[[Any], object] | None = is_plugin
        """Whether a candidate of the namespace or the folder counts; None if each does."""
        if is_plugin is not None and not callable(is_plugin):
            raise TypeError(f"is_plugin is {is_plugin!r}, which cannot be called")
        condition = None if is_plugin is None else _text_of_function(is_plugin)
        self.adapter: Adapter | None = adapter
        """Makes contributions of what modules offer; see `Host.adapt`."""
        self.registries: tuple[tuple[str, tuple[str, ...]], ...] = tuple(registries)
        """Registries to which entry points contribute, each with the groups of these; see `Host.registry`."""
        offers = f" {sorted(self.registries)!r}" if self.registries else ""
        self._text = f" {(self.namespace, self.groups, self.folder, condition)!r}{adapter or ''}{offers}"

    def __str__(self) -> str:
        return self._text

    def replace(self, application: str, **changes: Any) -> Sources:
        """Return what differs from this in *changes* only, by the names of the constructor's parameters."""
        given = {name: getattr(self, name) for name in self.__slots__ if name not in ("_text", "groups")}
        return Sources(application, **({"entry_points": self.groups} | given | changes))


class Adapter:
    """The application's function that makes contributions of what a plugin's module offers; see `Host.adapt`."""

    __slots__ = ("adapted", "code", "function", "name", "place")

    def __init__(self, function: Callable[..., object], caller: FrameType) -> None:
        """Take the *function* that *caller* gives to `Host.adapt`.

        Raises:
            HostError: If it cannot be called, or calling it would run nothing.
        """
        self.function: Callable[..., object] = function
        self.code: CodeType | None = _code_of(function)
        """Its code; None if it is not written in Python."""
        self.name: str = getattr(function, "__qualname__", type(function).__qualname__)
        file, line = caller.f_code.co_filename, caller.f_lineno
        if self.code is not None:
            file, line = self.code.co_filename, self.code.co_firstlineno
        self.place: str = f"{file}:{line}"
        """The file and the line where it is defined."""
        self.adapted: set[Any] = set()
        """The plugins that it has been called for."""
        if not callable(function) or (self.code is not None and self.code.co_flags & _NOT_PLAIN):
            from pegboard.errors import HostError

            advice = "it takes a plain function of three parameters: the plugin, its module, its entry points"
            raise HostError(f"adapt() was given {function!r}, of which a call would run nothing", advice)

    def __str__(self) -> str:
        return f" adapted by {_text_of_function(self.function)}"


def use_adapter(settings: Any, function: Callable[..., object], caller: FrameType) -> Sources | None:
    """Return where plugins are, now with *function* as what adapts them; None if it is that already.

    Raises:
        HostError: If there is another one.
    """
    adapter, sources = Adapter(function, caller), settings.sources or Sources(settings.application)
    known = sources.adapter
    if known is None:
        return sources.replace(settings.application, adapter=adapter)
    if known.place == adapter.place:  # the file that runs is imported once more, under its own name
        return None
    from pegboard.errors import HostError

    raise HostError(
        f"there are two adapters: {known.name}() at {known.place} and {adapter.name}() at {adapter.place}",
        "a host has one; let it call the other",
    )


def use_groups(settings: Any, registry: str, names: str | Iterable[str], *, eager: bool) -> Sources | None:
    """Return where plugins are, now with the groups *names* of entry points that contribute to *registry*.

    None if they do that already.

    Raises:
        InvalidNameError: If one cannot be a group.
        HostError: If others contribute to it, or its contributions are to count without being used.
    """
    groups, sources = tuple(_groups(names)), settings.sources or Sources(settings.application)
    known = dict(sources.registries)
    if known.get(registry, ()) == groups:
        return None
    if registry in known:
        from pegboard.errors import HostError  # which takes half as long to import as a bare start

        raise HostError(
            f"the groups of entry points for registry {registry!r} are {known[registry]!r}, and now {groups!r}",
            "say them once, all together",
        )
    if eager:
        from pegboard.errors import HostError

        raise HostError(
            f"registry {registry!r} cannot have entry points and be eager",
            "what an entry point names is loaded when it is used; leave out eager=True",
        )
    return sources.replace(settings.application, registries=(*sources.registries, (registry, groups)))


NOT_ENABLED: Final = "the application does not enable it"
"""Why a plugin does not run that `Host.only` leaves out."""


def enabled(names: Iterable[str]) -> tuple[str, ...]:
    """Return the *names* that `Host.only` is given.

    Raises:
        HostError: If they are one text, whose letters would be names.
    """
    if isinstance(names, str):
        from pegboard.errors import HostError

        raise HostError(f"only() was given the text {names!r}", "it takes a list of names")
    return tuple(names)


def _namespace(application: str, name: str) -> str:
    if not isinstance(name, str) or (name and not all(map(str.isidentifier, name.split(".")))):
        from pegboard.errors import InvalidNameError

        raise InvalidNameError("a namespace", name)
    if name and f"{application}.".startswith(f"{name}."):
        from pegboard.errors import HostError

        raise HostError(
            f"the namespace {name!r} holds the application {application!r} itself: its own modules would be plugins",
            f"use a package of its own, e.g. {application}.plugins",
        )
    return name


def _groups(names: str | Iterable[str]) -> Iterator[str]:
    for name in dict.fromkeys((names,) if isinstance(names, str) else names):
        if not isinstance(name, str) or name != name.strip() or not name.isprintable() or "]" in name:
            from pegboard.errors import InvalidNameError

            raise InvalidNameError("a group of entry points", name)
        if name:
            yield name


# -- is it the same function? -----------------------------------------------------------------------------------------


def _code_of(function: object) -> CodeType | None:
    """Return the code that a call of *function* runs: a function, a method, a partial, an object with `__call__`."""
    while hasattr(function, "func") and not hasattr(function, "__code__"):
        function = function.func
    call = function if hasattr(function, "__code__") else vars(type(function)).get("__call__")
    code: CodeType | None = getattr(call, "__code__", None)
    return code


def _text_of_function(function: Callable[..., object]) -> str:
    """Return text that is another one when *function* is edited; what it reads elsewhere cannot be seen."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    code = _code_of(function)
    if code is None:
        return name
    values = [*(getattr(function, "args", None) or ()), *(getattr(function, "keywords", None) or {}).items()]
    for cell in getattr(function, "__closure__", None) or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # it is not bound yet
            continue
    values += getattr(function, "__defaults__", None) or ()
    values += (getattr(function, "__kwdefaults__", None) or {}).items()
    from _imp import source_hash

    text = "|".join((*_parts(code), repr([value for value in values if _is_plain(value)])))
    return f"{name} {source_hash(0, text.encode('utf-8', 'backslashreplace')).hex()}"


def _parts(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for value in code.co_consts:
        if hasattr(value, "co_code"):
            yield from _parts(value)
        elif isinstance(value, frozenset):
            yield repr(sorted(map(repr, value)))
        elif _is_plain(value):
            yield repr(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, bytes))
