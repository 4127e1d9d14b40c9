"""The third source: a folder of the user's, for whoever wants no packaging at all."""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginFolderError

if TYPE_CHECKING:
    from pegboard.errors import PegboardError


def check_folder(folder: str) -> tuple[bool, PegboardError | None]:
    """Return whether *folder* can be searched, and what is wrong with it. Not being there is not wrong."""
    try:
        os.listdir(folder)
    except FileNotFoundError:
        if os.path.islink(folder):
            return False, PluginFolderError(folder, "it is a link to something that is gone")
        return False, None
    except NotADirectoryError:
        if not os.path.lexists(folder):  # it is one of the folders above that is a file
            return False, None
        return False, PluginFolderError(folder, "it is a file, not a folder")
    except (OSError, ValueError) as error:
        return False, PluginFolderError(folder, getattr(error, "strerror", None) or str(error))
    return True, None
