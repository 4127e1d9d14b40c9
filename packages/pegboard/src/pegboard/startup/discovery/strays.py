"""Which distributions bring `app/__init__.py` or `app/plugins/__init__.py`, which only the application may bring?

Where a plugin's file comes first, or overwrites the application's, Python by itself no longer finds the other plugins,
or the application.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import StrayPackageFileError
from pegboard.startup.discovery import finders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.startup.discovery.application import Application
    from pegboard.startup.discovery.candidate import Candidate
    from pegboard.startup.discovery.file_system import Files
    from pegboard.startup.discovery.owners import Owner, Owners


def strays(
    application: Application, portions: Sequence[str], candidates: Sequence[Candidate], owners: Owners, files: Files
) -> Iterator[StrayPackageFileError]:
    """Yield an error for each stray file, naming the distribution that brought it.

    Args:
        application: Whose package it is.
        portions: The directories of `app.plugins`, without the user's folder.
        candidates: What was found; the error names a plugin of the culprit's.
        owners: Who brought which file.
        files: The view of the file system.
    """
    own_portion = next((portion for portion in portions if application.is_home(portion)), None)
    directories = [(application.name, location, application.home) for location in application.locations]
    directories += [(application.package, portion, own_portion) for portion in portions]
    for package, directory, own in directories:
        path = finders.init_file(directory, files)
        if path is None or (not application.has_own_namespace and package == application.package):
            continue  # a namespace that several share is nobody's own
        if directory == own:
            culprits: list[Owner | None] = [*owners.recorded(path)]
        elif own is not None and _is_shared(path, own, files):
            culprits = []
        else:
            culprits = [next(iter(owners.of(path)), None)]
        for culprit in culprits:
            if application.is_of_copy(path, culprit) or (culprit is not None and application.is_owned_by(culprit)):
                continue
            distribution = culprit.distribution if culprit is not None else None
            plugin = next((item.name for item in candidates if distribution and item.distribution == distribution), "")
            yield StrayPackageFileError(plugin, str(distribution or ""), package, path)


def _is_shared(path: str, own: str, files: Files) -> bool:
    """Return whether every distribution brings this very file: the custom before PEP 420, `pkgutil.extend_path`."""
    own_file = finders.init_file(own, files)
    text = files.read(path) if own_file else None
    return own_file is not None and text is not None and "__path__" in text and text == files.read(own_file)
