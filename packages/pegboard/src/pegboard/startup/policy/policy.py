"""The policy: what the user wants of the plugins, from `plugins.toml`, the environment and the command line.

The command line beats the environment, the environment beats the file, the file beats the default. What cannot
be understood is a problem to report and changes nothing else: a slip in a file must not take the program away.

    # plugins.toml
    strict = false                 # true: any problem with a plugin is an error
    enabled = true                 # false: only plugins that are enabled below run
    order = ["summary", "balance"] # these, in this order, wherever else they would come

    [plugins.balance]
    enabled = false                # never import it
    eager = true                   # import it at every start

Environment, for an application named `utt`: `UTT_NO_PLUGINS=1` leaves out all but the built-in plugins,
`UTT_NO_PLUGINS=a,b` leaves out those; `UTT_PLUGINS=a,b` enables what the file disables;
`UTT_PLUGINS_STRICT=1` is strict. `UTT_PLUGINS_LAZY=0` imports every plugin at every start, and `UTT_PLUGINS_CACHE` is
the folder for the index; both are read before all else, see `pegboard.host`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.index import NO, YES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pegboard.errors import ConfigurationError
    from pegboard.ledger import Plugin


class Policy:
    """What the user wants: which plugins run, in which order, and how faults are treated."""

    __slots__ = (
        "disabled",
        "eager",
        "enabled",
        "enabled_by_default",
        "order",
        "problems",
        "safe_mode",
        "strict",
    )

    def __init__(self) -> None:
        self.safe_mode: str | None = None
        """Why every plugin but the built-in ones is left out, or None."""
        self.disabled: dict[str, str] = {}
        """Plugin name to the reason that is shown for it."""
        self.enabled: set[str] = set()
        """Plugins that run although the file disables them, or all others."""
        self.enabled_by_default: bool = True
        self.eager: dict[str, str] = {}
        """Plugins to be imported at every start, and the reason that is shown for it."""
        self.order: tuple[str, ...] = ()
        self.strict: bool | None = None
        """Whether a fault is an error; None where the user says nothing."""
        self.problems: list[ConfigurationError] = []

    def leave_out(self, names: Iterable[str], reason: str) -> None:
        """Disable *names*; none at all means every plugin that is not built in."""
        chosen = [name for name in (name.strip() for name in names) if name]
        if not chosen:
            self.safe_mode = reason
        for name in chosen:
            self.disabled[name] = reason
            self.enabled.discard(name)

    def objection(self, plugin: Plugin) -> str | None:
        """Return why *plugin* shall not run, or None when it may."""
        if self.safe_mode and not plugin.is_built_in:
            return self.safe_mode
        if plugin.name in self.disabled:
            return self.disabled[plugin.name]
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
    policy = Policy()
    if file is not None:
        _read_file(policy, file)
    _read_environment(policy, prefix, environ)
    return policy


def _read_environment(policy: Policy, prefix: str, environ: Mapping[str, str]) -> None:
    for name in _names(environ.get(f"{prefix}_PLUGINS", "")):
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


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


# -- plugins.toml -----------------------------------------------------------------------------------------------------


def _read_file(policy: Policy, file: str) -> None:
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        _complain(policy, file, error.strerror or str(error))
        return
    import tomllib  # 33 modules: paid only by who has a file

    try:
        text = data.decode()
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        _complain(policy, file, "it is not UTF-8 text", data.count(b"\n", 0, error.start) + 1)
    except tomllib.TOMLDecodeError as error:
        _complain(policy, file, str(error), _line_in(str(error)))
    else:
        _Reader(policy, file, text).read(content)


def _complain(policy: Policy, file: str, problem: str, line: int | None = None) -> None:
    from pegboard.errors import ConfigurationError

    policy.problems.append(ConfigurationError(file, problem, line))


def _line_in(message: str) -> int | None:
    # EOL 3.13: since 3.14 the error has the attribute lineno
    _, found, tail = message.partition("at line ")
    digits = tail.partition(",")[0]
    return int(digits) if found and digits.isdigit() else None


class _Reader:
    """Takes what it understands of one `plugins.toml` into a policy, and complains about the rest line by line."""

    def __init__(self, policy: Policy, file: str, text: str) -> None:
        self.policy = policy
        self.file = file
        self.text = text

    def read(self, content: dict[str, object]) -> None:
        policy = self.policy
        for key, value in content.items():
            if key == "strict" and isinstance(value, bool):
                policy.strict = value
            elif key == "enabled" and isinstance(value, bool):
                policy.enabled_by_default = value
            elif key == "order" and isinstance(value, list) and all(isinstance(name, str) for name in value):
                policy.order = tuple(dict.fromkeys(value))
            elif key == "plugins" and isinstance(value, dict):
                for name, table in value.items():
                    self._plugin(name, table)
            elif key in _EXPECTED:
                self._complain((key,), f"{key!r} must be {_EXPECTED[key]}")
            else:
                self._complain((key,), f"there is no setting {key!r}; known are {', '.join(_EXPECTED)}")

    def _plugin(self, name: str, table: object) -> None:
        if not isinstance(table, dict):
            self._complain(("plugins", name), f"'plugins.{name}' must be a table, [plugins.{name}]")
            return
        for key, value in table.items():
            if key == "enabled" and isinstance(value, bool):
                if value:
                    self.policy.enabled.add(name)
                else:
                    self.policy.disabled[name] = f"disabled in {self.file}"
            elif key == "eager" and isinstance(value, bool):
                if value:
                    self.policy.eager[name] = f"eager in {self.file}"
            elif key in ("enabled", "eager"):
                self._complain(("plugins", name, key), f"'plugins.{name}.{key}' must be true or false")
            else:
                self._complain(
                    ("plugins", name, key), f"there is no setting 'plugins.{name}.{key}'; known are enabled, eager"
                )

    def _complain(self, path: tuple[str, ...], problem: str) -> None:
        from pegboard.startup.policy.lines import lines_of

        _complain(self.policy, self.file, problem, lines_of(self.text).get(path))


_EXPECTED = {
    "strict": "true or false",
    "enabled": "true or false",
    "order": "a list of plugin names",
    "plugins": "tables, [plugins.NAME]",
}
