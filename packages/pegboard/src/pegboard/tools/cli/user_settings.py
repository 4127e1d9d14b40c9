"""Says which settings count for a host's plugins: those of `plugins.toml`, and those that beat it.

In: a host. Out: its plugins, an editor of the file, and policies of the file, of the environment and of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import PluginNotFoundError, SettingsError
from pegboard.startup.policy.policy import Policy, make_policy
from pegboard.tools.cli.settings_editor import SettingsEditor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.startup.policy.plugins_toml import PluginsToml


class UserSettings:
    """The user's settings, for one command. The plugins are found, and none is imported.

    Raises:
        SettingsError: If there is no directory for settings, or `plugins.toml` is invalid.
    """

    def __init__(self, host: Host) -> None:
        settings = host.settings
        path = settings.file("plugins.toml")
        if path is None:
            raise SettingsError("plugins.toml", "there is no place for it: the user has no configuration directory")
        self.file: SettingsEditor = SettingsEditor(path)
        self.prefix: str = settings.prefix
        self._host = host

    @property
    def plugins(self) -> dict[str, Plugin]:
        """The plugins that are installed, by name."""
        return {plugin.name: plugin for plugin in self._host.plugins}

    def check_names(self, names: Iterable[str]) -> None:
        """Raise an error for a name that neither a plugin has nor the file mentions.

        Raises:
            PluginNotFoundError: For the first such name.
        """
        known = tuple(dict.fromkeys((*self.plugins, *self.file.plugins)))
        for name in names:
            if name not in known:
                raise PluginNotFoundError(name, known)

    def check_disabling(self, names: Iterable[str]) -> None:
        """Raise an error for a plugin that the application requires.

        Raises:
            SettingsError: For the first such name.
        """
        for name in names:
            if name in self._host.settings.required:
                raise SettingsError(
                    self.file.path,
                    f"{self._host.name} cannot start without plugin {name!r}",
                    "it stays enabled; update or reinstall it if it does not work",
                )

    def policy(self) -> Policy:
        """Return what the file, the environment and the command line say."""
        return self._policy(self.file.now)

    def policy_of_file(self) -> Policy:
        """Return what the file alone says."""
        return make_policy(self.prefix, self.file.now, {})

    def policy_of_environment(self) -> Policy:
        """Return what the environment and the command line alone say."""
        return self._policy(None)

    def _policy(self, file: PluginsToml | None) -> Policy:
        settings = self._host.settings
        policy = make_policy(self.prefix, file, settings.environ)
        for names, reason in settings.left_out:
            policy.leave_out(names, reason)
        policy.only = settings.only
        return policy
