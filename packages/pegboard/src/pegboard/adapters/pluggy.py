"""A plugin manager for applications that use pluggy: how do their plugins wait until a hook needs them?

In: a host whose plugins are those of a group of entry points. Out: a `pluggy.PluginManager` that registers plugins from
their records, imports one when the first hook that it implements is called, and names the one that fails.

Source: pluggy 1.7, "API reference", `PluginManager`.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pluggy

from pegboard.adapters.hook_stand_in import StandIn, functions, implementations, stub, texts_of
from pegboard.errors import HostError, PegboardError, PluginCallError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from importlib.metadata import Distribution
    from types import ModuleType

    from pluggy._compat import DistFacade

    from pegboard.adaptation import EntryPoint
    from pegboard.adapters.hook_stand_in import Implementation
    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.registry import Registry

Faults = Literal["note", "contain", "raise"]
_FAULTS = ("note", "contain", "raise")


class Replay(Protocol):
    """How that is recorded and done again which a hook adds to an object of the application.

    `pegboard.adapters.click.Commands` is one.
    """

    @property
    def parameter(self) -> str:
        """The hook's parameter that the object is given as."""

    def record(self, call: Callable[[Any], object]) -> Iterable[tuple[str, object, Mapping[str, Any]]] | None:
        """Call an implementation with a trial object, and say what it has added.

        Returns:
            Name, object, and plain data for each; None if the implementation did more than add.
        """

    def stand_in(self, name: str, metadata: Mapping[str, Any], wake: Callable[[], Any]) -> object:
        """Return what stands for an addition whose plugin is not imported; *wake* returns the real one."""

    def add(self, target: Any, name: str, addition: object) -> None:
        """Add an addition, or what stands for it, to the application's object."""


class PluginManager(pluggy.PluginManager):
    """pluggy's plugin manager, whose plugins are imported when the first of their hooks is called.

    `load_setuptools_entrypoints` registers what stands for each plugin of the host; all else is pluggy's.
    """

    def __init__(
        self, project_name: str, host: Host, *, faults: Faults = "note", replay: Mapping[str, Replay] | None = None
    ) -> None:
        """Make the manager of the plugins of *host*, before the host is first used.

        Args:
            project_name: As pluggy takes it: the name of the application's `HookimplMarker`.
            host: Made with the group of entry points, e.g. `Host("llm", namespace="", entry_points="llm", folder="")`.
                The manager becomes its adapter.
            faults: What becomes of an exception of an implementation. `note`: it passes, with a note that names the
                plugin, since applications use exceptions as control flow. `contain`: it is reported, and the next
                implementation is called; one of a wrapper passes as with `note`. `raise`: it passes unchanged, and
                so does the failure of an import, which is otherwise reported, and the plugin counts as absent.
            replay: For hooks that are called at each start only to add something to an object of the application: how
                that is recorded. Then it is added again without importing the plugin.

        Raises:
            HostError: If the host has an adapter already, or has been used.
            ValueError: If *faults* is none of the three.
        """
        if faults not in _FAULTS:
            raise ValueError(f"faults is {faults!r}, and must be one of {', '.join(_FAULTS)}")
        super().__init__(project_name)
        self._host = host
        self._faults = faults
        self._replay = dict(replay or {})
        self._hook_plugins: Registry[Any] = host.registry("hooks")
        self._additions: dict[str, Registry[Any]] = {hook: host.registry(hook) for hook in self._replay}
        self._owners: dict[str, Plugin] = {}
        self._stand_ins: dict[str, StandIn] = {}
        self._undistributed: list[tuple[object, Plugin]] = []
        if faults == "contain":  # below pluggy's own monitoring, which sees what is registered
            self._call_all: Callable[..., object] = self._inner_hookexec
            self._inner_hookexec = self._call_contained  # type: ignore[assignment]  # pluggy's monitoring does so, too
        made_for = (project_name, *sorted(self._replay))

        def offer(
            plugin: Plugin, module: ModuleType, entry_points: Sequence[EntryPoint], made_for: object = made_for
        ) -> None:
            del plugin, module, made_for  # the last makes another adapter of the same code: records are made anew
            self._offer(entry_points)

        host.adapt(offer)

    # -- while a plugin is imported -----------------------------------------------------------------------------------

    def _offer(self, entry_points: Sequence[EntryPoint]) -> None:
        """Contribute what the objects of a plugin's entry points implement."""
        for point in entry_points:
            recorded = list(implementations(self, point.object, point.name))
            for implementation in recorded:
                implementation["is_replayed"] = self._record_additions(point.object, implementation)
            first = next(each.name for each in entry_points if each.object is point.object)
            metadata: dict[str, Any] = {"group": point.group, "object": first, "hooks": recorded}
            metadata |= texts_of(point.object)
            self._hook_plugins.register(point.name, point.object, **metadata)
            self._host.on_unload(partial(self._register_anew, point.name))

    def _record_additions(self, plugin: object, implementation: Implementation) -> bool:
        replay = self._replay.get(implementation["hook"])
        if replay is None or implementation["is_generator"] or {*implementation["parameters"]} - {replay.parameter}:
            return False
        function = getattr(plugin, implementation["attribute"])
        if implementation["parameters"]:
            additions = replay.record(lambda target: function(**{replay.parameter: target}))
        else:
            additions = replay.record(lambda _target: function())
        if additions is None:
            return False
        for name, addition, metadata in additions:
            self._additions[implementation["hook"]].register(name, addition, **metadata)
        return True

    # -- registering --------------------------------------------------------------------------------------------------

    def load_setuptools_entrypoints(self, group: str, name: str | None = None) -> int:
        """Register what stands for the host's plugins of *group*; imports none that is on record.

        Args:
            group: One of the groups that the host was made with; any other is loaded as pluggy does.
            name: The name of the only entry point to register; None for all.

        Returns:
            How many were registered by this call.
        """
        sources = self._host.settings.sources
        if sources is None or group not in sources.groups:
            return super().load_setuptools_entrypoints(group, name)
        blocked = [each for each, plugin in self.list_name_plugin() if plugin is None and each.strip()]
        if blocked:
            with suppress(HostError):  # they have been found already
                self._host.leave_out([f"{group}:{each}" for each in blocked], "blocked by the application")
        count = 0
        for each in self._hook_plugins.names():
            metadata = self._hook_plugins.describe(each)
            if metadata["group"] == group and name in (None, each) and not self.has_plugin(each):
                count += self._register(each, metadata)
        return count

    def _register(self, name: str, metadata: Mapping[str, Any]) -> bool:
        """Register the plugin of that name, or what stands for it; return whether it is registered now."""
        owner = self._hook_plugins.owner(name)
        plugin: object
        if owner.state == "active":
            plugin = self._hook_plugins[name]
        else:
            stubs = {each["attribute"]: self._stub(name, each) for each in metadata["hooks"]}
            plugin = self._registered_alias(owner, metadata) or StandIn(name, metadata, stubs, lambda: self._wake(name))
        try:
            registered = self.register(plugin, name)
        except pluggy.PluginValidationError as error:
            registered, plugin = self._register_real(name, owner, error)
        if registered is None:
            return False  # it is blocked, or not valid
        self._owners[name] = owner
        self._undistributed.append((plugin, owner))
        if isinstance(plugin, StandIn):
            self._stand_ins[name] = plugin
        else:
            self._settle(name, plugin, metadata)
        return True

    def _registered_alias(self, owner: Plugin, metadata: Mapping[str, Any]) -> StandIn | None:
        """Return what stands for the same object under the name of another entry point; pluggy takes it only once."""
        for name, stand_in in self._stand_ins.items():
            if self._owners[name] is owner and self._hook_plugins.describe(name)["object"] == metadata["object"]:
                return stand_in
        return None

    def _register_real(
        self, name: str, owner: Plugin, refusal: pluggy.PluginValidationError
    ) -> tuple[str | None, object]:
        """Let pluggy judge the plugin itself, since it does not accept what is on record of it."""

        def register() -> tuple[str | None, object]:
            if self.has_plugin(name):  # a historic call, which is made meanwhile, has declared the hook
                raise refusal
            plugin = self._hook_plugins[name]
            return super(PluginManager, self).register(plugin, name), plugin

        if self._faults == "raise":
            return register()
        try:
            return self._host.run(owner, "registering its hooks", register)
        except PegboardError as error:
            if owner.is_usable:  # else its import has failed, which the host has reported
                self._host.report(error)
            if self.has_plugin(name):
                self.unregister(name=name)
            return None, None

    def _stub(self, name: str, implementation: Implementation) -> Callable[..., Any]:
        made = stub(implementation, lambda arguments: self._call_one(name, implementation, arguments))
        setattr(made, f"{self.project_name}_impl", dict(implementation["options"]))
        return made

    def _register_anew(self, name: str) -> None:
        """Follow the host, which has taken a plugin out of use, or replaced its code."""
        if self._owners.pop(name, None) is not None and self.has_plugin(name):
            self.unregister(name=name)
            if name in self._hook_plugins:
                self._register(name, self._hook_plugins.describe(name))

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """Register a plugin as pluggy does, which refuses one that is registered already, also by its stand-in."""
        return super().register(self._registered(plugin), name)

    def unregister(self, plugin: object | None = None, name: str | None = None) -> Any | None:
        """Unregister a plugin as pluggy does; the real one of a stand-in is as good as the stand-in."""
        gone = super().unregister(self._registered(plugin), name)
        for each in [each for each, stand_in in self._stand_ins.items() if stand_in is gone]:
            del self._stand_ins[each]
        return gone

    # -- importing ----------------------------------------------------------------------------------------------------

    def _wake(self, name: str) -> Any:
        """Import the plugin that is registered as *name*; from now on pluggy calls its own functions.

        Raises:
            PegboardError: If that fails; the host has reported it.
        """
        plugin = self._hook_plugins[name]
        stand_in = self._stand_ins.get(name)
        if stand_in is not None and stand_in.real is None:
            stand_in.real = plugin
            self._settle(name, stand_in, self._hook_plugins.describe(name))
        return plugin

    def _settle(self, name: str, registered: object, metadata: Mapping[str, Any]) -> None:
        """Give pluggy the functions of an imported plugin, or for a hook that is replayed the one that replays it."""
        plugin = self._hook_plugins[name]
        made = functions(registered)
        for implementation in metadata["hooks"]:
            attribute = implementation["attribute"]
            for each in getattr(self.hook, implementation["hook"]).get_hookimpls():
                if each.plugin is registered and each.function == made.get(attribute, getattr(plugin, attribute)):
                    replayed = implementation["is_replayed"]
                    each.function = self._stub(name, implementation) if replayed else getattr(plugin, attribute)

    # -- calling ------------------------------------------------------------------------------------------------------

    def _call_one(self, name: str, implementation: Implementation, arguments: dict[str, Any]) -> Any:
        """Do what an implementation does; *arguments* are by name, those left out that have a default."""
        if implementation["is_replayed"]:
            return self._play(name, implementation["hook"], arguments)
        try:
            plugin = self._wake(name)
        except Exception:
            if self._faults == "raise":
                raise
            if self.has_plugin(name):
                self.unregister(name=name)
            return _pass_on() if implementation["is_generator"] else None
        return getattr(plugin, implementation["attribute"])(**arguments)

    def _play(self, name: str, hook: str, arguments: Mapping[str, Any]) -> None:
        additions, replay, owner = self._additions[hook], self._replay[hook], self._owners[name]
        target = arguments.get(replay.parameter)
        for each in additions.names():
            if additions.owner(each) is owner:
                wake = partial(additions.__getitem__, each)
                is_here = owner.state == "active"
                replay.add(target, each, wake() if is_here else replay.stand_in(each, additions.describe(each), wake))

    def _hookexec(
        self,
        hook_name: str,
        methods: Sequence[pluggy.HookImpl],
        kwargs: Mapping[str, object],
        firstresult: bool,  # noqa: FBT001 -- pluggy calls it so
    ) -> object | list[object]:
        try:
            return self._inner_hookexec(hook_name, methods, kwargs, firstresult)
        except Exception as error:
            if self._faults != "raise":
                self._add_note(error, f"running hook {hook_name!r}")
            raise

    def _add_note(self, error: Exception, doing: str) -> None:
        fault = self._host.blame(error, doing)
        note = fault and f"{fault.who()} raised this while {doing}"
        if note and note not in getattr(error, "__notes__", ()):
            error.add_note(note)

    def _call_contained(
        self,
        hook_name: str,
        methods: Sequence[pluggy.HookImpl],
        kwargs: Mapping[str, object],
        firstresult: bool,  # noqa: FBT001 -- pluggy calls it so
    ) -> object | list[object]:
        return self._call_all(hook_name, [self._contained(hook_name, each) for each in methods], kwargs, firstresult)

    def _contained(self, hook_name: str, method: pluggy.HookImpl) -> Any:
        owner = self._owners.get(method.plugin_name)
        if owner is None or method.wrapper or method.hookwrapper:
            return method
        return _Contained(self._host, owner, hook_name, method)

    # -- pluggy's questions about plugins -----------------------------------------------------------------------------

    def _registered(self, plugin: Any) -> Any:
        """Return what stands for *plugin*, or *plugin* itself if it is registered as it is."""
        if plugin is None or isinstance(plugin, StandIn):
            return plugin
        return next((each for each in tuple(self._stand_ins.values()) if each.stands_for(plugin)), plugin)

    def is_registered(self, plugin: Any) -> bool:
        """Return whether the plugin, or what stands for it, is registered."""
        return super().is_registered(self._registered(plugin))

    def get_name(self, plugin: Any) -> str | None:
        """Return the name that the plugin, or what stands for it, is registered as."""
        return super().get_name(self._registered(plugin))

    def get_hookcallers(self, plugin: Any) -> list[pluggy.HookCaller] | None:
        """Return the hooks that the plugin, or what stands for it, implements; None if it is not registered."""
        return super().get_hookcallers(self._registered(plugin))

    def subset_hook_caller(self, name: str, remove_plugins: Iterable[Any]) -> pluggy.HookCaller:
        """Return the hook without some plugins, each of them given by itself or by what stands for it."""
        return super().subset_hook_caller(name, [self._registered(plugin) for plugin in remove_plugins])

    def list_plugin_distributions(self) -> list[tuple[Any, Distribution]]:
        """Return each plugin of entry points with its distribution; reads the distributions' metadata."""
        self._find_distributions()
        return list(self._plugin_distinfo)

    def list_plugin_distinfo(self) -> list[tuple[Any, DistFacade]]:
        """Return what `list_plugin_distributions` does, in the form of old."""
        self._find_distributions()
        return super().list_plugin_distinfo()

    def _find_distributions(self) -> None:
        from importlib.metadata import PackageNotFoundError, distribution

        found, self._undistributed = self._undistributed, []
        for plugin, owner in found:
            try:
                if owner.distribution is not None:
                    self._plugin_distinfo.append((plugin, distribution(owner.distribution.name)))
            except PackageNotFoundError:
                pass  # it is gone meanwhile


class _Contained:
    """A hook implementation whose exceptions are reported."""

    def __init__(self, host: Host, owner: Plugin, hook_name: str, method: pluggy.HookImpl) -> None:
        self.argnames, self.kwargnames = method.argnames, method.kwargnames
        self.wrapper = self.hookwrapper = False
        self._host, self._owner, self._hook_name, self._function = host, owner, hook_name, method.function

    def function(self, *args: object, **kwargs: object) -> object:
        doing = f"running hook {self._hook_name!r}"
        try:
            return self._host.run(self._owner, doing, lambda: self._function(*args, **kwargs))
        except PluginCallError as error:
            self._host.report(error)
            return None


def _pass_on() -> Generator[None, Any, Any]:
    """A wrapper, of the new style and of the old one, that changes nothing."""
    return (yield)
