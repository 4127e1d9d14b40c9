"""The boundary: what a plugin's code raises when it is called becomes an error that names the plugin."""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from pegboard.errors import PegboardError, PluginError
    from pegboard.ledger import Plugin

    R = TypeVar("R")


def contained(
    plugin: Plugin,
    doing: str,
    function: Callable[[], R],
    passing: tuple[type[BaseException], ...] = (),
    owner: Callable[[str], Plugin | None] = lambda _: None,
) -> R:
    """Return what *function*, code of *plugin*, returns; see `Host.run`.

    Args:
        plugin: Whose code it is; another plugin that it calls is blamed for what comes up in that one's code.
        doing: What is being done.
        function: Called without arguments.
        passing: Types that pass unchanged.
        owner: Returns the plugin that a module belongs to, or None.

    Raises:
        PluginCallError: From whatever it raised, but for `KeyboardInterrupt` and what *passing* names.
    """
    if plugin.is_built_in:
        return function()
    try:
        return function()
    except BaseException as error:
        from pegboard.errors import PegboardError, PluginCallError, describe_exception

        # an error of ours already says who and why
        if isinstance(error, (KeyboardInterrupt, PegboardError, *passing)):
            raise
        culprit, place = blamed(error, owner) or (plugin, place_in(plugin, error))
        if culprit is not plugin:
            doing += f", which is of {plugin.who()}"
        owner_name = str(culprit.distribution or "")
        raise PluginCallError(culprit.name, owner_name, doing, describe_exception(error), place) from error


def blamed(error: BaseException, owner: Callable[[str], Plugin | None]) -> tuple[Plugin, str] | None:
    """Return the plugin in whose code *error* came up, and where; see `Host.blame`.

    What caused an error is asked before the error itself: the innermost plugin's frame is to blame.

    Args:
        error: What was raised.
        owner: Returns the plugin that a module belongs to, or None.
    """
    seen: set[int] = set()
    pending: BaseException | None = error
    causes: list[BaseException] = []
    while pending is not None and id(pending) not in seen:
        seen.add(id(pending))
        causes.append(pending)
        pending = pending.__cause__
    for each in reversed(causes):
        found = None
        steps = each.__traceback__
        while steps is not None:
            name = steps.tb_frame.f_globals.get("__name__")
            plugin = owner(name) if isinstance(name, str) else None
            if plugin is not None and not plugin.is_built_in:
                found = plugin, f"{steps.tb_frame.f_code.co_filename}:{steps.tb_lineno}"
            steps = steps.tb_next
        if found is not None:
            return found
    return None


def place_in(plugin: Plugin, error: BaseException) -> str | None:
    """Return the last place in the plugin's own code that *error* came through, as `file:line`.

    Its file, where the error never ran its code; None where it has no file either.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    place = None
    steps = error.__traceback__
    while steps is not None:
        name = steps.tb_frame.f_globals.get("__name__") or ""
        if name == plugin.module or name.startswith(plugin.module + "."):
            place = f"{steps.tb_frame.f_code.co_filename}:{steps.tb_lineno}"
        steps = steps.tb_next
    return place or plugin.origin


def refusal(plugin: Plugin) -> PegboardError:
    """Return why *plugin* is not imported: what it failed with before, or why it shall not run."""
    if plugin.error is not None:
        return plugin.error
    from pegboard.errors import PluginImportError

    reason = f"it is {plugin.state}: {plugin.reason}" if plugin.reason else f"it is {plugin.state}"
    return PluginImportError(plugin.name, str(plugin.distribution or ""), reason, plugin.origin, "enable it to use it")


def failed_before(plugin: Plugin) -> BaseException:
    """Return what importing *plugin* raises, which has failed before, or shall not run.

    What it failed with, as often as it is imported: so that whoever imports it, and makes do with an `ImportError` but
    not with others, fares the same whether it is the first to import it or not.
    """
    problem = refusal(plugin)
    error = problem.__cause__
    if error is None:
        return ImportError(problem.summary(), name=plugin.module)
    steps = error.__traceback__
    while steps is not None and steps.tb_frame.f_globals.get("__name__") != plugin.module:
        steps = steps.tb_next
    return error.with_traceback(steps)  # without the way of those who imported it before


def import_failure(
    plugin: Plugin, error: BaseException, prefix: str, owner: Callable[[str], Plugin | None]
) -> PluginError:
    """Return what *error*, raised while *plugin* was imported, is to the user.

    Args:
        plugin: Whose import failed.
        error: What was raised.
        prefix: How the application's environment variables begin.
        owner: Returns the plugin that a module belongs to, or None; another one that is imported is named, too.
    """
    from pegboard.errors import HostError, PluginImportError, PluginNotImportableError, describe_exception

    distribution = str(plugin.distribution or "")
    cause = describe_exception(error)
    if isinstance(error, ModuleNotFoundError) and error.name == plugin.module:
        return PluginNotImportableError(plugin.name, distribution, cause, plugin.origin)
    culprit, _ = blamed(error, owner) or (plugin, None)
    if culprit is not plugin:
        cause += f", in {culprit.who()}, which it imports"
    leave_out = f"leave it out with {prefix}_NO_PLUGINS={plugin.name}"
    if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
        advice = f"install {error.name!r}, or {leave_out}"
    elif culprit is not plugin:
        advice = f"see to {culprit.name!r} first, or {leave_out}"
    else:
        advice = f"update it, report the cause to its author, or {leave_out}"
    failure = PluginImportError(plugin.name, distribution, cause, place_in(plugin, error), advice)
    if isinstance(error, HostError):  # what it registers is nonsense
        failure.phase = "registration"
    return failure


def forget_parts(module: str) -> None:
    """Drop the sub-modules of *module*: Python drops only the module itself when its import fails."""
    inside = module + "."
    for name in [name for name in sys.modules if name.startswith(inside)]:
        del sys.modules[name]
