"""Whose fault is it that a plugin's code raised? What it raised comes in, an error that names the plugin goes out."""

from __future__ import annotations

import os
import sys
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.frozen import EXECUTABLE, is_virtual
from pegboard.ledger import BROKEN, FOUND, ISOLATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn, TypeVar

    from pegboard.errors import PegboardError, PluginError
    from pegboard.ledger import Plugin, Records

    R = TypeVar("R")
    OwnerOf = Callable[[str], Plugin | None]
    """Returns the plugin that a module belongs to, or None."""

_GET = "freeze the application with" if EXECUTABLE else "install"
"""What mends that a module is missing."""


def call_plugin(
    plugin: Plugin,
    doing: str,
    function: Callable[[], R],
    passing: tuple[type[BaseException], ...] = (),
    owner_of: OwnerOf = lambda _: None,
) -> R:
    """Return what *function*, code of *plugin*, returns; see `Host.run`.

    Args:
        plugin: Whose code it is; another plugin that it calls is blamed for what is raised in that one's code.
        doing: What is being done.
        function: Called without arguments.
        passing: Types that pass unchanged.
        owner_of: Returns the plugin that a module belongs to, or None.

    Raises:
        PluginCallError: From whatever it raised, but for `KeyboardInterrupt` and what *passing* names.
    """
    if plugin.is_built_in:
        return function()
    process = os.getpid()
    naming = namer(plugin, doing, passing, owner_of)
    try:
        result = function()
    except BaseException as error:
        named = naming(error, process)
        if named is None:
            raise
        raise named from error
    if type(result) in (CoroutineType, GeneratorType, AsyncGeneratorType):  # then most of its code is still to run
        from pegboard.suspended import attributed

        attributed_result: R = attributed(plugin, result, naming)
        return attributed_result
    return result


def run_as(plugin: Plugin, function: Callable[..., R], args: Sequence[Any], kwargs: Mapping[str, Any]) -> R:
    """Return what *function*, code of *plugin*, returns, and let pass what it raises; for the process of a plugin.

    What it registers is the plugin's. So is what a coroutine or a generator registers that it returns.
    """
    process = os.getpid()
    try:
        result = function(*args, **kwargs)
    except BaseException as error:
        from pegboard.forks import end_if_child

        end_if_child(process, error)
        raise
    if type(result) in (CoroutineType, GeneratorType, AsyncGeneratorType):
        from pegboard.suspended import attributed

        attributed_result: R = attributed(plugin, result, lambda *_: None)
        return attributed_result
    return result


def namer(
    plugin: Plugin, doing: str, passing: tuple[type[BaseException], ...], owner_of: OwnerOf
) -> Callable[[BaseException, int], PluginError | None]:
    """Return a function that makes the error which names who raised another one while code of *plugin* was running.

    It is called with what was raised, and the process in which the code began to run: a child that was forked
    meanwhile ends. It returns None for what passes unchanged.

    Args:
        plugin: Whose code is called.
        doing: What is being done.
        passing: Types that pass unchanged.
        owner_of: Returns the plugin that a module belongs to, or None.
    """

    def named(error: BaseException, process: int) -> PluginError | None:
        if os.getpid() != process:
            from pegboard.forks import end_child

            end_child(error)
        from pegboard.errors import PegboardError, PluginCallError, RemoteError, describe_exception
        from pegboard.foreign_object import is_a

        # an error of ours already says who and why, unless it is of a class of the plugin's that cannot say anything,
        # or stands for an exception of a plugin in another process
        is_ours = is_a(error, PegboardError) and not is_a(error, RemoteError) and _can_be_shown(error)
        if is_ours or is_a(error, KeyboardInterrupt, *passing):
            return None
        culprit, location = find_culprit(error, owner_of) or (plugin, location_in(plugin, error))
        about = doing if culprit is plugin else f"{doing}, which is of {plugin.who()}"
        return PluginCallError(
            culprit.name, str(culprit.distribution or ""), about, describe_exception(error), location
        )

    return named


def _can_be_shown(error: PegboardError) -> bool:
    try:
        return bool(str(error) and error.one_line() and error.summary())
    except BaseException:
        return False


def find_culprit(error: BaseException, owner_of: OwnerOf) -> tuple[Plugin, str] | None:
    """Return the plugin whose code raised *error*, and where; see `Host.blame`.

    Causes come before the error that they led to, and the innermost frame of a plugin counts.
    """
    from pegboard.foreign_object import causes

    for each in reversed(causes(error)):
        for module, location in reversed(list(_frames(each))):
            plugin = owner_of(module)
            if plugin is not None and not plugin.is_built_in:
                return plugin, _remote_location(plugin, error) or location
    return None


def location_in(plugin: Plugin, error: BaseException) -> str | None:
    """Return the innermost frame of the plugin's own code that *error* came through, as `file:line`.

    The plugin's file, if the error never ran its code; None if it has no file either.
    """
    from pegboard.foreign_object import attribute, is_a

    if is_a(error, SyntaxError) and (file := attribute(error, "filename", str)):
        return f"{file}:{attribute(error, 'lineno', int)}"
    if remote := _remote_location(plugin, error):
        return remote
    own = f"{plugin.module}."
    locations = [location for module, location in _frames(error) if f"{module}.".startswith(own)]
    return locations[-1] if locations else plugin.origin


def _remote_location(plugin: Plugin, error: BaseException) -> str | None:
    """Return the innermost frame of the code of *plugin*, as `file:line`, if that has run in a process of its own."""
    if plugin.source != ISOLATED:
        return None
    from pegboard.errors import RemoteError
    from pegboard.foreign_object import causes, is_a

    places = [each.place_in(plugin.module) for each in causes(error) if is_a(each, RemoteError)]
    return next(filter(None, places), None)


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the module and the `file:line` of each frame that *error* came through, the outermost first."""
    from pegboard.foreign_object import traceback_of

    steps = traceback_of(error)
    while steps is not None:
        yield _module_of(steps.tb_frame), f"{steps.tb_frame.f_code.co_filename}:{steps.tb_lineno}"
        steps = steps.tb_next


def _module_of(frame: FrameType) -> str:
    """Return the name of the module whose code *frame* runs: by its namespace or its file, since `__name__` may lie."""
    from pegboard.foreign_object import module_of

    said = module_of(frame)
    known = sys.modules.get(said)
    if type(known) is ModuleType and vars(known) is frame.f_globals:
        return said
    file = frame.f_code.co_filename
    of_file = ""
    for name, module in list(sys.modules.items()):
        if type(module) is not ModuleType or type(name) is not str:
            continue
        namespace = vars(module)
        if namespace is frame.f_globals:
            return name
        if file == namespace.get("__file__") or file == getattr(namespace.get("__spec__"), "origin", None):
            of_file = name
    spec = frame.f_globals.get("__spec__")  # of a module that is gone, since it has failed
    name = spec.name if type(spec) is type(sys.__spec__) else said
    return of_file or (name if type(name) is str else said)


def why_unusable(plugin: Plugin) -> PegboardError:
    """Return why *plugin* is not imported: the error that it failed with, or one that says why it is left out."""
    if plugin.error is not None:
        return plugin.error
    from pegboard.errors import PluginImportError

    reason = f"it is {plugin.state}: {plugin.reason}" if plugin.reason else f"it is {plugin.state}"
    return PluginImportError(plugin.name, str(plugin.distribution or ""), reason, plugin.origin, "enable it to use it")


def refuse(plugin: Plugin, records: Records | None, *, again: bool = False) -> None:
    """Raise why *plugin* is not to be imported; return if only its record says that importing it fails.

    Then whoever imports it gets what it raises now.

    Args:
        plugin: It is not usable.
        records: Say which plugins have failed. A start takes their errors from there; before it, they have none.
        again: Whether to raise what importing it has raised the first time, as the import system has to.
    """
    has_failed = records is not None and any(plugin.module == module for module, *_ in records.index.head.get("L", ()))
    is_recorded = has_failed if plugin.error is None else getattr(plugin.error, "is_recorded", False)
    if plugin.state == BROKEN and is_recorded:
        plugin.state, plugin.reason, plugin.error = FOUND, None, None
        return
    raise import_error_again(plugin) if again else why_unusable(plugin)


def import_error_again(plugin: Plugin) -> BaseException:
    """Return what importing *plugin* raises when it has failed before or is left out.

    It is the very exception of the first time. So code that imports the plugin, and handles an `ImportError` but no
    other exception, behaves the same whether or not it is the first to import it.
    """
    problem = why_unusable(plugin)
    error = problem.__cause__
    if error is None:
        return ImportError(problem.summary(), name=plugin.module)
    from pegboard.foreign_object import module_of, traceback_of

    steps = traceback_of(error)
    while steps is not None and module_of(steps.tb_frame) != plugin.module:
        steps = steps.tb_next
    return BaseException.with_traceback(error, steps)  # without the frames of those who imported it before


def to_import_error(  # noqa: C901 -- a branch for each cause
    plugin: Plugin, error: BaseException, prefix: str, owner_of: OwnerOf
) -> PluginError:
    """Convert *error*, raised while *plugin* was imported, for display.

    Args:
        plugin: Whose import failed.
        error: What was raised.
        prefix: How the application's environment variables begin.
        owner_of: Returns the plugin that a module belongs to, or None; another one that is imported is named, too.
    """
    from pegboard.errors import (
        ContributionMismatchError,
        HostError,
        MetadataMismatchError,
        PluginError,
        PluginGoneError,
        PluginImportError,
        PluginNotImportableError,
        describe_exception,
    )
    from pegboard.foreign_object import attribute, is_a

    distribution = str(plugin.distribution or "")
    if plugin.source == ISOLATED and is_a(error, PluginError):  # nothing of it has run in this process
        return error
    cause = describe_exception(error)
    if (adapting := _failed_adapter(error, owner_of)) is not None:
        return _adapter_failure(plugin, cause, prefix, *adapting)
    if _is_gone(plugin, error):
        return PluginGoneError(plugin.name, distribution, "its file was there, and is gone", plugin.origin)
    lacks = attribute(error, "name", str) if is_a(error, ModuleNotFoundError) else None
    if lacks == plugin.module:
        return PluginNotImportableError(plugin.name, distribution, cause, plugin.origin)
    culprit, _ = find_culprit(error, owner_of) or (plugin, None)
    if culprit is not plugin:
        cause += f", in {culprit.who()}, which it imports"
    leave_out = f"leave it out with {prefix}_NO_PLUGINS={plugin.name}"
    if lacks and (EXECUTABLE or "." not in lacks):
        advice = f"{_GET} {lacks!r}, or {leave_out}"
    elif culprit is not plugin:
        advice = f"update {culprit.name!r} first, or {leave_out}"
    elif is_a(error, ContributionMismatchError, MetadataMismatchError):
        advice = f"{error.hint() or 'report the cause to its author'}; or {leave_out}"
    else:
        advice = f"update it, report the cause to its author, or {leave_out}"
    if is_a(error, ContributionMismatchError, MetadataMismatchError) and error.place:
        cause += f", at {error.place}"  # the report of a start is one line
    failure = PluginImportError(plugin.name, distribution, cause, location_in(plugin, error), advice)
    if is_a(error, HostError):  # what it registers is invalid
        failure.phase = "registration"
    return failure


def _failed_adapter(error: BaseException, owner_of: OwnerOf) -> tuple[Plugin, str] | None:
    """Return the plugin for which the application's adapter has raised *error*, and where.

    None if it came up elsewhere, or in code of a plugin that the adapter called.
    """
    from pegboard.adaptation import plugin_adapted_by
    from pegboard.foreign_object import causes, traceback_of

    adapted: Plugin | None = None
    frames: list[tuple[str, str, int]] = []
    steps = traceback_of(error)
    while steps is not None:
        if (plugin := plugin_adapted_by(steps.tb_frame)) is not None:
            adapted, frames = plugin, []
        else:
            frames.append((_module_of(steps.tb_frame), steps.tb_frame.f_code.co_filename, steps.tb_lineno))
        steps = steps.tb_next
    if adapted is None:
        return None
    if not frames:  # it cannot be called so
        return adapted, ""
    others = [(module, place.rpartition(":")[0]) for each in causes(error)[1:] for module, place in _frames(each)]
    own, package = frames[0][0].partition(".")[0], adapted.module.partition(".")[0]
    files = _files_of(adapted)
    for module, file in (*[(module, file) for module, file, _ in frames], *others):
        is_beside = adapted.source == "entry point" and module.partition(".")[0] == package != own
        if is_beside or owner_of(module) is not None or os.path.realpath(file) in files:
            return None
    _, file, line = frames[0]
    return adapted, f"{file}:{line}"


def _files_of(plugin: Plugin) -> frozenset[str]:
    """Return the files that the distribution of *plugin* has installed, as far as its installer has listed them."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(plugin.distribution.name) if plugin.distribution is not None else None
        files = [] if found is None else [str(found.locate_file(path)) for path in found.files or ()]
    except (PackageNotFoundError, ValueError):
        return frozenset()
    return frozenset(map(os.path.realpath, files))


def _adapter_failure(plugin: Plugin, cause: str, prefix: str, adapted: Plugin, place: str) -> PluginError:
    from pegboard.errors import AdapterFailedError

    if adapted is not plugin:
        cause += f", for {adapted.who()}, which it imports"
    leave_out = f"leave the plugin out with {prefix}_NO_PLUGINS={plugin.name}"
    advice = f"this is a fault of the application, not of the plugin; {leave_out}"
    return AdapterFailedError(plugin.name, str(plugin.distribution or ""), cause, place, advice)


def _is_gone(plugin: Plugin, error: BaseException) -> bool:
    """Return whether *error* is raised since the file of *plugin* is not there any more."""
    import os

    from pegboard.foreign_object import attribute, is_a

    if plugin.origin is None or os.path.lexists(plugin.origin) or is_virtual(plugin.origin):
        return False
    if is_a(error, ModuleNotFoundError):
        archive = os.path.dirname(plugin.origin)
        while archive and not os.path.lexists(archive) and os.path.dirname(archive) != archive:
            archive = os.path.dirname(archive)
        return attribute(error, "name", str) == plugin.module and not os.path.isfile(
            archive
        )  # what an archive contains is not known
    return is_a(error, FileNotFoundError) and attribute(error, "filename", str) == plugin.origin


def raise_for_removed(plugin: Plugin) -> NoReturn:
    """Raise what says that *plugin* has removed its own module while it was imported: then it is not there to serve.

    Raises:
        ImportError: Always.
    """
    raise ImportError("it has removed its own module from sys.modules", name=plugin.module)


def forget_submodules(module: str) -> None:
    """Drop the sub-modules of *module*: Python drops only the module itself when its import fails."""
    inside = module + "."
    for name in [name for name in sys.modules if type(name) is str and name.startswith(inside)]:
        del sys.modules[name]


def blame(error: BaseException, doing: str, owner: Callable[[str], Plugin | None]) -> PluginError | None:
    """Return the error that names the plugin in whose code *error* was raised; see `Host.blame`.

    Args:
        error: What was raised.
        doing: What was being done.
        owner: Returns the plugin that a module belongs to, or None.
    """
    from pegboard.errors import PluginCallError, PluginError, describe_exception
    from pegboard.foreign_object import is_a

    if is_a(error, PluginError):
        return error
    found = find_culprit(error, owner)
    if found is None:
        return None
    plugin, location = found
    named = PluginCallError(plugin.name, str(plugin.distribution or ""), doing, describe_exception(error), location)
    named.__cause__ = error
    return named
