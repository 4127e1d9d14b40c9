"""Every kind of finding: how severe it is, what it means, and what mends it. `docs/reference/doctor.md` shows them."""

from __future__ import annotations

ERROR = "error"
"""Something does not work."""
WARNING = "warning"
"""It works, but not as it should, or not for sure."""
NOTE = "note"
"""Good to know, and nothing has to be done."""

CODES: dict[str, tuple[str, str, str]] = {
    # -- plugins that do not work
    "plugin-import-failed": (ERROR, "it raises, exits or recurses while it is imported", "update or disable it"),
    "plugin-import-hangs": (ERROR, "its import does not end before the deadline", "update or disable it"),
    "plugin-kills-process": (
        ERROR,
        "the process ends while it is imported: a signal, or `os._exit`",
        "update or disable it",
    ),
    "plugin-not-importable": (ERROR, "it is there, but Python cannot import it", "reinstall it for this Python"),
    "plugin-quarantined": (ERROR, "it took the process down twice, and is left out", "update or release it"),
    "required-plugin-unusable": (ERROR, "the application cannot do without it", "enable it, or reinstall"),
    "plugin-crashed": (WARNING, "it took the process down once", "update or disable it"),
    "plugin-hangs": (WARNING, "another process has been importing it for long", "end that process if it hangs"),
    "plugin-slow": (WARNING, "its import takes longer than the application allows for", "tell its author"),
    "plugin-drifts": (WARNING, "it registers something else, and nobody knows why", "tell its author"),
    "plugin-eager": (NOTE, "it is imported at every start", "none, unless starts are slow"),
    "plugin-unexamined": (NOTE, "whether it can be imported is not known", "run the doctor without `--no-import`"),
    "name-clash": (WARNING, "two plugins register one name; the second is not used", "disable one of them"),
    "order-impossible": (WARNING, "its wish for an order cannot be met", "tell its author"),
    "safe-mode": (WARNING, "two starts in a row died", "disable the plugin that is named"),
    # -- their own health checks
    "plugin-unhealthy": (WARNING, "its own health check reports a problem", "do what it says"),
    "plugin-health-failed": (WARNING, "its own health check raises", "tell its author"),
    "plugin-health-hangs": (WARNING, "its own health check does not end before the deadline", "tell its author"),
    "plugin-health-kills-process": (WARNING, "its own health check ends the process", "tell its author"),
    # -- how they are installed
    "plugin-duplicate": (WARNING, "two distributions bring a plugin of one name", "uninstall one of them"),
    "file-owned-twice": (WARNING, "two distributions bring one file; the last one won", "uninstall one of them"),
    "stray-package-file": (WARNING, "it brings a file that only the application may bring", "reinstall without it"),
    "stale-metadata": (WARNING, "two versions of one distribution seem to be installed", "remove the stale one"),
    "leftover-directory": (NOTE, "an uninstalled plugin's directory is still there", "remove it"),
    "editable-source-gone": (ERROR, "an editable install points to what is not there", "reinstall or uninstall it"),
    "editable-invisible": (ERROR, "an editable install has a plugin that Python cannot see", "reinstall it"),
    "modified-since-install": (WARNING, "files are not what was installed", "reinstall it, unless you edited them"),
    "file-missing": (ERROR, "files that were installed are gone", "reinstall it"),
    "requirement-missing": (ERROR, "something that it needs is not installed", "install it"),
    "requirement-conflict": (WARNING, "something that it needs has a wrong version", "install a version that fits"),
    "requirements-unchecked": (NOTE, "the package `packaging` is not installed", "install the extra `pegboard[cli]`"),
    "startup-file-runs-code": (NOTE, "a `.pth` file runs code at each start of Python", "none, unless unwanted"),
    "writable-by-others": (WARNING, "every user of the machine may change what runs here", "take the right away"),
    # -- what the user has said, and what is recorded
    "configuration-invalid": (WARNING, "a setting cannot be understood", "mend it"),
    "configuration-unknown-name": (WARNING, "a setting names a plugin that is not installed", "mend the name"),
    "plugin-folder-unusable": (WARNING, "the plugin folder cannot be read", "make it a folder"),
    "index-stale": (NOTE, "the index does not hold, so that the next start is slow", "none: that start mends it"),
    "index-unwritable": (WARNING, "the index cannot be written, so that every start is slow", "make it writable"),
    # -- the doctor itself
    "imports-unchecked": (NOTE, "the program cannot be run once more to import plugins", "run it as a program"),
    "check-failed": (WARNING, "a check of the doctor's did not work", "report it to the authors of pegboard"),
}
"""Code to severity, meaning and remedy. Findings name the very culprit and have a remedy made for it."""
