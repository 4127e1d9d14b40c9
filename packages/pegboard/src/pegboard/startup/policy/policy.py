"""Which plugins does the user want, and in which order, by `plugins.toml`, the environment and the command line?

The command line beats the environment, the environment beats the file, the file beats the default. A setting that
cannot be understood is reported and ignored: a slip in a file must not stop the program.

    # plugins.toml
    strict = false                 # true: any problem with a plugin is an error
    enabled = true                 # false: only plugins that are enabled below run
    order = ["summary", "balance"] # these, in this order, wherever else they would come
mute = ["name-clash"]          # codes of faults, or plugins, that no start tells of

    [plugins.balance]
    enabled = false                # never import it
    eager = true                   # import it at every start

    [isolated]                     # see `isolation.policy`
    notes-csv = true               # in an environment and a process of its own

Environment, for an application named `utt`: `UTT_NO_PLUGINS=1` leaves out all but the built-in plugins,
`UTT_NO_PLUGINS=a,b` leaves out those; `UTT_PLUGINS=a,b` enables what the file disables;
`UTT_PLUGINS_STRICT=1` is strict. `UTT_PLUGINS_LAZY=0` imports every plugin at every start, and `UTT_PLUGINS_CACHE` is
the folder for the index; the host itself reads both before anything else.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.index import NO, YES
from pegboard.sources import NOT_ENABLED
from pegboard.startup.policy.plugins_toml import read_plugins_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pegboard.errors import ConfigurationError
    from pegboard.isolation.policy import Isolation
    from pegboard.ledger import Plugin
    from pegboard.startup.policy.plugins_toml import PluginsToml


class Policy:
    """What the user wants: which plugins run, in which order, and how faults are treated."""

    __slots__ = (
        "disabled",
        "eager",
        "enabled",
        "enabled_by_default",
        "isolated",
        "muted",
        "only",
        "order",
        "problems",
        "safe_mode",
        "strict",
    )

    def __init__(self) -> None:
        self.safe_mode: str | None = None
        """Why all plugins but the built-in ones are left out, or None."""
        self.disabled: dict[str, str] = {}
        """The names of plugins, and the reason that is shown for each."""
        self.enabled: set[str] = set()
        """Plugins that run although the file disables them, or all others."""
        self.enabled_by_default: bool = True
        self.isolated: list[Isolation] = []
        """Distributions that are in an environment of their own."""
        self.muted: tuple[str, ...] = ()
        """Codes of faults, and names of plugins and distributions, of which the user does not want to hear."""
        self.only: Sequence[str] | None = None
        """The plugins that the application enables; None for all."""
        self.eager: dict[str, str] = {}
        """Plugins to be imported at every start, and the reason that is shown for it."""
        self.order: tuple[str, ...] = ()
        self.strict: bool | None = None
        """Whether a fault is an error; None where the user says nothing."""
        self.problems: list[ConfigurationError] = []

    def leave_out(self, names: Iterable[str], reason: str) -> None:
        """Disable *names*, of plugins or `group:name` of entry points; none means every plugin that is not built in."""
        chosen = _stripped(names)
        if not chosen:
            self.safe_mode = reason
        for name in chosen:
            self.disabled[name] = reason
            self.enabled.discard(name)

    def why_disabled(self, plugin: Plugin) -> str | None:
        """Return why *plugin* does not run, or None when it does."""
        if self.safe_mode and not plugin.is_built_in:
            return self.safe_mode
        if self.only is not None and plugin.name not in self.only and not plugin.required:
            return NOT_ENABLED
        if plugin.name in self.disabled:
            return self.disabled[plugin.name]
        points = [f"{group}:{name}" for name, group, _, _ in plugin.entry_points or ()]
        if points and all(point in self.disabled for point in points):
            return self.disabled[points[0]]
        if not self.enabled_by_default and not plugin.is_built_in and plugin.name not in self.enabled:
            return "plugins.toml enables plugins one by one, and not this one"
        return None


def load_policy(prefix: str, file: str | None, environ: Mapping[str, str]) -> Policy:
    """Return the policy as the file and the environment have it.

    Args:
        prefix: How the environment variables begin, e.g. `UTT`.
        file: Path of `plugins.toml`; it need not exist. None when there is no place for one.
        environ: Where variables are looked up.
    """
    return make_policy(prefix, None if file is None else read_plugins_toml(file), environ)


def make_policy(prefix: str, file: PluginsToml | None, environ: Mapping[str, str]) -> Policy:
    """Return the policy of a file that has been read, see `load_policy`."""
    policy = Policy()
    if file is not None:
        _read_file(policy, file)
    _read_environment(policy, prefix, environ)
    return policy


def _read_environment(policy: Policy, prefix: str, environ: Mapping[str, str]) -> None:
    for name in _stripped(environ.get(f"{prefix}_PLUGINS", "").split(",")):
        policy.disabled.pop(name, None)
        policy.enabled.add(name)
    left_out = environ.get(f"{prefix}_NO_PLUGINS", "").strip()
    reason = f"left out by {prefix}_NO_PLUGINS"
    if left_out.lower() in YES:
        policy.leave_out((), reason)
    elif left_out.lower() not in NO:
        policy.leave_out(left_out.split(","), reason)
    policy.strict = _switch(policy, f"{prefix}_PLUGINS_STRICT", environ, policy.strict)


def _switch(policy: Policy, variable: str, environ: Mapping[str, str], default: bool | None) -> bool | None:  # noqa: FBT001
    text = environ.get(variable)
    if text is None:
        return default
    if text.strip().lower() in YES:
        return True
    if text.strip().lower() in NO:
        return False
    from pegboard.errors import ConfigurationError

    policy.problems.append(ConfigurationError(f"environment variable {variable}", f"{text!r} is neither 1 nor 0"))
    return default


def _stripped(names: Iterable[str]) -> list[str]:
    return [name for name in map(str.strip, names) if name]


# -- plugins.toml -----------------------------------------------------------------------------------------------------


def _read_file(policy: Policy, file: PluginsToml) -> None:
    if file.problem is not None:
        _complain(policy, file.path, file.problem, file.problem_line)
    for path, problem in _apply(policy, file.path, file.content):
        _complain(policy, file.path, problem, file.lines.get(path))


def _complain(policy: Policy, file: str, problem: str, line: int | None) -> None:
    from pegboard.errors import ConfigurationError

    policy.problems.append(ConfigurationError(file, problem, line))


def _apply(policy: Policy, file: str, content: dict[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Put the settings of a `plugins.toml` into *policy*; yield where one cannot be understood, and why."""
    for key, value in content.items():
        match key, value:
            case "strict", bool():
                policy.strict = value
            case "enabled", bool():
                policy.enabled_by_default = value
            case "order", list() if all(isinstance(name, str) for name in value):
                policy.order = tuple(dict.fromkeys(value))
            case "mute", list() if all(isinstance(name, str) for name in value):
                policy.muted = tuple(dict.fromkeys(value))
            case "plugins", dict():
                for name, table in value.items():
                    yield from _apply_table(policy, file, name, table)
            case "isolated", _:
                yield from _apply_isolated(policy, value)
            case _ if key in _EXPECTED:
                yield (key,), f"{key!r} must be {_EXPECTED[key]}"
            case _:
                yield (key,), f"there is no setting {key!r}; known are {', '.join(_EXPECTED)}"


def _apply_table(policy: Policy, file: str, name: str, table: object) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(table, dict):
        yield ("plugins", name), f"'plugins.{name}' must be a table, [plugins.{name}]"
        return
    for key, value in table.items():
        if key not in ("enabled", "eager"):
            yield ("plugins", name, key), f"there is no setting 'plugins.{name}.{key}'; known are enabled, eager"
        elif not isinstance(value, bool):
            yield ("plugins", name, key), f"'plugins.{name}.{key}' must be true or false"
        elif key == "eager" and value:
            policy.eager[name] = f"eager in {file}"
        elif key == "enabled" and value:
            policy.enabled.add(name)
        elif key == "enabled":
            policy.disabled[name] = f"disabled in {file}"


def _apply_isolated(policy: Policy, table: object) -> Iterator[tuple[tuple[str, ...], str]]:
    from pegboard.isolation.policy import Isolation, read_isolated  # few users have such a table

    for each in read_isolated(table):
        if isinstance(each, Isolation):
            policy.isolated.append(each)
        else:
            yield each


_EXPECTED = {
    "strict": "true or false",
    "enabled": "true or false",
    "order": "a list of plugin names",
    "mute": "a list of codes of faults, or names",
    "plugins": "tables, [plugins.NAME]",
    "isolated": "a table, [isolated]",
}
