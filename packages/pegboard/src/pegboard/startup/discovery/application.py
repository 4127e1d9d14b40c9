"""Which of the directories named `app` is the application's own, and which distribution brought it?"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.namespace_package import PLUGINS
from pegboard.startup.discovery import finders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.startup.discovery.file_system import Files
    from pegboard.startup.discovery.owners import Owner, Owners


class Application:
    """The application, told apart from the plugins that put files below its name."""

    __slots__ = ("_copies", "_files", "_owners", "home", "locations", "name", "owner", "package")

    def __init__(self, name: str, owners: Owners, files: Files, namespace: str | None = None) -> None:
        self._owners = owners
        self._files = files
        self.name: str = name
        self.package: str = f"{name}.{PLUGINS}" if namespace is None else namespace
        """The package that its plugins are in; empty when there is none."""
        self.locations: Sequence[str] = finders.locations(name, files)
        """Every directory that holds a part of it or of a plugin, in the order in which Python meets them."""
        self.home: str | None = self._find_home()
        """Its own directory; None when it is nowhere to be found."""
        self.owner: Owner | None = owners.owner_of_application(self.home, self.own_part()) if self.home else None
        """The distribution that brought it; None when it runs from a source tree that nobody installed."""
        self._copies: dict[str, Owner | None] = {
            os.path.realpath(location): owners.owner_of_application(location, self.own_part(location))
            for location in self.locations
            if location != self.home and self._has_api(location)
        }

    def _find_home(self) -> str | None:
        """Return the first directory that has `api` in it; else one that more than plugins are in.

        The package that is loaded comes first: it is the one that runs. It may be the wrong one, since Python may have
        loaded some plugin's `app/__init__`.
        """
        loaded = set(map(str, getattr(sys.modules.get(self.name), "__path__", ())))
        locations = sorted(self.locations, key=lambda location: location not in loaded)
        for is_home in (self._has_api, self._has_init, self._has_more_than_plugins):
            for location in locations:
                if is_home(location):
                    return location
        return locations[0] if locations else None

    def _has_api(self, location: str) -> bool:
        return "api" in finders.modules_in(location, self._files)

    def _has_init(self, location: str) -> bool:
        return finders.init_file(location, self._files) is not None

    def _has_more_than_plugins(self, location: str) -> bool:
        return bool(set(finders.modules_in(location, self._files)) - {PLUGINS})

    def is_owned_by(self, owner: Owner) -> bool:
        """Return whether *owner* is the application's own distribution."""
        return self.owner is not None and owner.installed.key == self.owner.installed.key

    @property
    def is_recorded(self) -> bool:
        """Whether an installer keeps track of its files; not so for a source tree or an editable install."""
        return self.owner is not None and self.owner.is_recorded

    def is_home(self, part: str) -> bool:
        """Return whether the directory *part* of the namespace is the application's own."""
        own = self.own_part()
        return own is not None and os.path.realpath(own) == os.path.realpath(part)

    @property
    def has_own_namespace(self) -> bool:
        """Whether the namespace is below the application's own package, so that nobody else may bring an `__init__`."""
        return self.package.startswith(f"{self.name}.")

    def own_part(self, home: str | None = None) -> str | None:
        """Return the directory for the namespace beside *home*, that of the application; it need not exist."""
        home = home or self.home
        if home is None or not self.package:
            return None
        if self.has_own_namespace:
            return f"{home}/{self.package[len(self.name) + 1 :].replace('.', '/')}"
        below = f"/{self.name.replace('.', '/')}"
        return f"{home[: -len(below)]}/{self.package.replace('.', '/')}" if home.endswith(below) else None

    def own_module(self) -> str | None:
        """Return the file of a plain module in the namespace's place, which Python prefers to bare directories."""
        if not self.has_own_namespace:
            spec = finders.locate(self.package, {})[0] if self.package else None
            return spec.origin if spec is not None and spec.submodule_search_locations is None else None
        part = self.own_part()
        if part is None or finders.init_file(part, self._files) is not None:
            return None
        directory, name = os.path.split(part)
        entries = finders.modules_in(directory, self._files).get(name, ())
        return next((f"{directory}/{entry}" for entry in entries if entry != name), None)

    def is_part_of_copy(self, part: str) -> bool:
        """Return whether *part* of `app.plugins` lies in another copy of the application."""
        return any(os.path.realpath(part) == self.own_part(copy) for copy in self._copies)

    def is_of_copy(self, path: str, owner: Owner | None) -> bool:
        """Return whether *path*, which *owner* brought, belongs to another copy of the application.

        A copy is installed beside the source tree that runs, say. It is neither a plugin nor a rival.
        """
        for copy, copier in self._copies.items():
            if os.path.realpath(os.path.dirname(path)) in (copy, self.own_part(copy)):
                if owner is None or copier is None:
                    return owner is copier
                return owner.installed.key == copier.installed.key
        return False

    def own_init(self) -> str | None:
        """Return its own `plugins/__init__` file; None when it has none, or when a plugin has overwritten it."""
        part = self.own_part()
        path = finders.init_file(part, self._files) if part else None
        owners = self._owners.recorded(path) if path else []
        return path if not owners or self.is_owned_by(owners[0]) else None
