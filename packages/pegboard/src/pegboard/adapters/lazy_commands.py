"""How does a command line made with click, or with a copy of click, have commands of plugins that are not imported?

In: a registry of commands, and the classes of the framework. Out: classes for the framework to use: a group with the
plugins' commands in it, a command that stands for one whose plugin is not imported yet, and the `plugins` commands.
typer brings a copy of click along, so that nothing here may refer to click itself.

Source: click 8, "API", `Group` and `Command`; "Complex Applications", "Defining the Lazy Group".
"""

from __future__ import annotations

import copy
import sys
from contextlib import nullcontext, redirect_stdout, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pegboard.errors import HostError, NameClashError, PegboardError
from pegboard.no_plugins import take_no_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from click import Command as _Command
    from click import Context
    from click import Group as _Group
    from click.shell_completion import CompletionItem

    from pegboard.host import Host
    from pegboard.registry import Registry
else:
    _Command = _Group = object  # what they are mixed into comes with the framework

_KEPT = frozenset({"name", "help", "short_help", "hidden", "deprecated", "rich_help_panel", "get_short_help_str"})
"""What a command says of itself without its plugin: what a list of commands shows."""
_MOST_CHARACTERS = 4000
"""How long a help text may be in a list of commands."""
_FORMATTING = "\n\t\b\f"
"""Control characters in help texts: click reads the last two, see "Documenting Scripts"."""


class Framework:
    """The classes of click, or of another package that has a copy of it."""

    def __init__(self, command: type, group: type, ends: tuple[type[Exception], ...]) -> None:
        """Collect them.

        Args:
            command: The class of commands, `click.Command` or one derived from it.
            group: That of groups.
            ends: What a command raises to end itself, besides errors: `Exit` and `Abort`.
        """
        core = next(base for base in command.__mro__ if base.__name__ == "Command").__module__
        package = core.rpartition(".")[0]
        errors = import_module(f"{package}.exceptions")
        self.command: type[_Command] = command
        self.group: type[_Group] = group
        self.failure: type[Exception] = errors.ClickException
        self.usage_error: type[Exception] = errors.UsageError
        self.passing: tuple[type[BaseException], ...] = (errors.ClickException, *ends, EOFError, BrokenPipeError)
        """What a command may raise to end itself."""
        self.completion: Any = import_module(f"{package}.shell_completion").CompletionItem
        self.current_context: Callable[..., Any] = import_module(f"{package}.globals").get_current_context
        self._stand_ins = [
            type("LazyCommand", (LazyCommand, command), {"framework": self}),
            type("LazyGroup", (LazyCommand, group), {"framework": self}),
        ]

    def stand_in(self, name: str, metadata: Mapping[str, Any], wake: Callable[[], Any]) -> Any:
        """Return a command that is known by name and help; whatever else is read of it is the real one's.

        Args:
            name: The command's.
            metadata: Its `help` or `description`, `short_help`, `hidden`, `deprecated`, `rich_help_panel`, and whether
                it `is_group`; what is none of these types is left out.
            wake: Returns the real command.
        """
        deprecated = metadata.get("deprecated")
        made = self._stand_ins[metadata.get("is_group") is True](
            name=name,
            help=_text(metadata.get("help", metadata.get("description"))),
            short_help=_text(metadata.get("short_help")),
            hidden=metadata.get("hidden") is True,
            deprecated=deprecated is True or _text(deprecated) or False,
        )
        vars(made)["rich_help_panel"] = _text(metadata.get("rich_help_panel"))
        vars(made)["_wake"] = wake
        return made

    def describe(self, command: Any) -> Mapping[str, Any]:
        """Return what `stand_in` needs to know of a command."""
        said = {
            "help": command.help,
            "short_help": command.short_help,
            "hidden": command.hidden,
            "deprecated": command.deprecated,
            "rich_help_panel": getattr(command, "rich_help_panel", None),
            "is_group": isinstance(command, self.group),
        }
        return {field: value for field, value in said.items() if isinstance(value, (str, bool)) and value}


class LazyCommand(_Command):
    """A command whose plugin is imported when anything but its name and its help is read."""

    framework: Framework

    def __getattribute__(self, name: str) -> Any:
        attributes = object.__getattribute__(self, "__dict__")
        if "_wake" not in attributes or name in ("__class__", "__dict__"):
            return object.__getattribute__(self, name)
        if name in _KEPT and "_real" not in attributes:
            return object.__getattribute__(self, name)
        return getattr(real(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        attributes = object.__getattribute__(self, "__dict__")
        if "_wake" in attributes:
            setattr(real(self), name, value)
        else:
            attributes[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return real(self)(*args, **kwargs)

    def __copy__(self) -> Any:
        return copy.copy(real(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(real(self), memo)


def real(command: Any) -> Any:
    """Return *command*, or what it stands for.

    Raises:
        ClickException: If its plugin cannot be imported.
    """
    if not isinstance(command, LazyCommand):
        return command
    attributes = object.__getattribute__(command, "__dict__")
    if "_real" not in attributes:
        try:
            attributes["_real"] = attributes["_wake"]()
        except PegboardError as error:
            raise object.__getattribute__(command, "framework").failure(error.summary()) from error
    return attributes["_real"]


class PluginGroup(_Group):
    """A group with the commands of a registry besides its own; see `pegboard.adapters.click.plugin_group`."""

    framework: Framework
    plugin_host: Host
    plugin_commands: Registry[Any]
    to_command: Callable[[str, Any], Any]
    """Makes a command of what a plugin has registered; or returns None."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: Any
    ) -> Context:
        try:
            args = take_no_plugins(args, self.plugin_host)
        except HostError as error:  # several commands in one process
            raise self.framework.failure(error.summary()) from error
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: Context) -> list[str]:
        own = super().list_commands(ctx)
        names = self._plugins_names(ctx)
        for name in names:
            if name in own and not ctx.resilient_parsing:
                self._report_clash(name)
        return [*own, *(name for name in names if name not in own)]

    def get_command(self, ctx: Context, cmd_name: str) -> _Command | None:
        if cmd_name in super().list_commands(ctx) or cmd_name not in self._plugins_names(ctx):
            return super().get_command(ctx, cmd_name)
        commands = self.plugin_commands
        command: _Command = self.framework.stand_in(cmd_name, commands.describe(cmd_name), lambda: self._wake(cmd_name))
        return command

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, _Command | None, list[str]]:
        try:
            name, command, rest = super().resolve_command(ctx, args)
            with _prints_elsewhere(ctx):
                return name, real(command), rest
        except self.framework.usage_error as error:
            if args and isinstance(message := getattr(error, "message", None), str):
                vars(error)["message"] = f"{message}{self._more_about(args[0], message)}"
            raise

    def invoke(self, ctx: Context) -> Any:
        try:
            return super().invoke(ctx)
        except self.framework.passing:
            raise
        except Exception as error:
            blamed = self.plugin_host.blame(error, f"running command {ctx.invoked_subcommand!r}")
            if blamed is None or self.plugin_host.manager.is_strict:
                raise
            raise self.framework.failure(_in_words(blamed)) from error

    # -- what plugins have registered ---------------------------------------------------------------------------------

    def _plugins_names(self, ctx: Context) -> tuple[str, ...]:
        try:
            with _prints_elsewhere(ctx):
                return self.plugin_commands.names()
        except PegboardError as error:
            if ctx.resilient_parsing:  # completion shows what there is
                return ()
            raise self.framework.failure(_in_words(error)) from error

    def _wake(self, name: str) -> Any:
        commands = self.plugin_commands
        reported = len(self.plugin_host.problems)
        try:
            item = commands[name]
        except PegboardError as error:
            if error.is_among(self.plugin_host.problems[reported:]):  # cause and hint have just been printed
                raise self.framework.failure(f"command {name!r} cannot be used: {error.what()}") from error
            raise self.framework.failure(_in_words(error)) from error
        command = self.to_command(name, item)
        if command is None:
            from pegboard.foreign_object import class_name

            owner = commands.owner(name)
            what = f"a command cannot be made of it, which is of type {class_name(item)}"
            raise self.framework.failure(f"command {name!r} of {owner.who()} cannot be used: {what}")
        return command

    def _more_about(self, name: str, message: str) -> str:
        """Return why a plugin does not provide the command *name*, or which of its commands is nearest."""
        from pegboard.adapters.absent_command import nearest_command, why_absent

        if why := why_absent(self.plugin_commands, name, "It is in", "It may be in"):
            return f" {why}"
        near = nearest_command(name, self.plugin_commands, self.plugin_commands.names())
        return f" Did you mean {near!r}?" if near and repr(near) not in message else ""

    def _report_clash(self, name: str) -> None:
        """Report a plugin whose command is not reached, since the application has one of that name."""
        registry = self.plugin_commands
        owner = registry.owner(name)
        clash = NameClashError(
            owner.name,
            str(owner.distribution or ""),
            registry.name,
            name,
            "the application's own command",
            owner.origin,
        )
        self.plugin_host.report(clash)


class PluginsCommand(_Command):
    """The `plugins` commands as one command; see `pegboard.adapters.click.plugins_command`."""

    framework: Framework
    plugin_host: Host

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        ctx.args = list(args)  # `--` and options are for the parser of the `plugins` commands
        return ctx.args

    def invoke(self, ctx: Context) -> Any:
        from pegboard.tools.cli.plugin_commands import manage

        ctx.exit(manage(self.plugin_host, ctx.args, prog=ctx.command_path))

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        from pegboard.tools.cli.completion import after
        from pegboard.tools.cli.names import completing_parser
        from pegboard.tools.cli.plugin_commands import COMMANDS

        found: Iterable[str] = COMMANDS  # to import all commands takes a fifth of a second
        if ctx.args:
            found = after(completing_parser(self.plugin_host, ctx.command_path, ctx.args), ctx.args, incomplete)
        return [self.framework.completion(name) for name in found if name.startswith(incomplete)]


def group_class(
    host: Host, commands: Registry[Any], base: type, framework: Framework, to_command: Callable[[Any, str, Any], Any]
) -> Any:
    """Return a class of groups, derived from *base*, that has the *commands* of plugins."""
    attributes = {
        "framework": framework,
        "plugin_host": host,
        "plugin_commands": commands,
        "to_command": to_command,
        "__doc__": base.__doc__,
    }
    return type(f"Plugin{base.__name__}", (PluginGroup, base), attributes)


def plugins_command_class(host: Host, framework: Framework) -> Any:
    """Return the class of the command that has the `plugins` commands of *host*, which is told how it is called."""
    made = type("PluginsCommand", (PluginsCommand, framework.command), {"framework": framework, "plugin_host": host})

    def called() -> str:
        context = framework.current_context(silent=True)
        root = context and context.find_root()
        return next((f"{root.command_path} {path}" for path in _paths_to(made, root.command)), "") if root else ""

    with suppress(HostError):  # the plugins are in use already
        host.manager.configure(commands=called)
    return made


def _paths_to(wanted: type, group: Any) -> Iterator[str]:
    for name, command in (vars(group).get("commands") or {}).items():
        if isinstance(command, wanted):
            yield name
        elif not isinstance(command, LazyCommand):
            yield from (f"{name} {path}" for path in _paths_to(wanted, command))


def _prints_elsewhere(context: Context) -> AbstractContextManager[Any]:
    """Return a context in which plugins print to standard error, if a shell reads completions from standard output."""
    return redirect_stdout(sys.stderr) if context.resilient_parsing else nullcontext()


def _text(value: object) -> str | None:
    """Return *value* as a terminal may have it; None if it is no text."""
    if type(value) is not str:
        return None
    from pegboard.terminal import shortened, visible

    return visible(shortened(value, _MOST_CHARACTERS), keeping=_FORMATTING)


def _in_words(error: PegboardError) -> str:
    hint = error.advice_for_reader()
    return f"{error.summary()} (hint: {hint})" if hint else error.summary()
