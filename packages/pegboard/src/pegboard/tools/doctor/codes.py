"""Every kind of finding: its severity, its meaning and its remedy, as `docs/reference/doctor.md` shows them."""

from __future__ import annotations

ERROR = "error"
"""Something does not work."""
WARNING = "warning"
"""It works, but not as it should, or not reliably."""
NOTE = "note"
"""Good to know; nothing has to be done."""

CODES: dict[str, tuple[str, str, str]] = {
    # -- plugins that do not work
    "plugin-import-failed": (ERROR, "it raises, exits or recurses while it is imported", "update or disable it"),
    "plugin-import-hangs": (ERROR, "its import does not end before the deadline", "update or disable it"),
    "plugin-kills-process": (ERROR, "its import ends the process: a signal, or `os._exit`", "update or disable it"),
    "plugin-not-importable": (ERROR, "it is there, but Python cannot import it", "reinstall it for this Python"),
    "plugin-gone": (ERROR, "its file has gone while the program ran", "put it back, or uninstall it"),
    "plugin-breaks-others": (ERROR, "what is imported after it does not work", "update or disable it"),
    "plugin-quarantined": (ERROR, "its import crashed the process twice; it is left out", "update or release it"),
    "component-uninjectable": (WARNING, "it has a class or function that cannot be injected", "tell its author"),
    "adapter-failed": (ERROR, "the application's adapter fails for it", "report it to the application"),
    "required-plugin-unusable": (ERROR, "the application requires it", "enable it, or reinstall"),
    "plugin-crashed": (WARNING, "its import crashed the process once", "update or disable it"),
    "plugin-hangs": (WARNING, "another process has been importing it for a long time", "end that process if it hangs"),
    "plugin-slow": (WARNING, "its import takes longer than the application allows for", "tell its author"),
    "plugin-drifts": (WARNING, "it sometimes registers something else than recorded", "tell its author"),
    "plugin-eager": (NOTE, "it is imported at every start", "none, unless starts are slow"),
    "plugin-thread-endless": (WARNING, "its import starts a thread that does not end", "update or disable it"),
    "plugin-prints": (NOTE, "it prints while it is imported, to standard error as things are", "none"),
    "plugin-bypasses-output": (WARNING, "its import writes to standard output past Python", "tell its author"),
    "plugin-unexamined": (NOTE, "the doctor has not imported it", "run the doctor without `--no-import`"),
    "name-clash": (WARNING, "two plugins register one name; the second is not used", "disable one of them"),
    "order-impossible": (WARNING, "its wish for an order cannot be met", "tell its author"),
    "hook-deprecated": (WARNING, "it implements a hook that was renamed, or is not called any more", "update it"),
    "hook-undeclared": (NOTE, "it implements a hook that the application does not declare", "update it"),
    "hook-order-unmet": (NOTE, "its wish for an order of a hook's calls is not met", "none"),
    "hook-at-every-start": (NOTE, "a hook that is called at every start imports it", "none, unless starts are slow"),
    "safe-mode": (WARNING, "two starts in a row crashed", "disable the plugin that is named"),
    # -- their own health checks
    "plugin-unhealthy": (WARNING, "its own health check reports a problem", "do what it says"),
    "plugin-health-failed": (WARNING, "its own health check raises", "tell its author"),
    "plugin-health-hangs": (WARNING, "its own health check does not end before the deadline", "tell its author"),
    "plugin-health-kills-process": (WARNING, "its own health check ends the process", "tell its author"),
    # -- how they are installed
    "plugin-misplaced": (WARNING, "a distribution for the application brings no plugin", "move its module"),
    "plugin-duplicate": (WARNING, "two distributions contain a plugin of the same name", "uninstall one of them"),
    "namespace-is-a-module": (WARNING, "modules are installed below a plain module", "uninstall them"),
    "entry-points-of-one-module": (NOTE, "several entry points name one module, which is one plugin", "none"),
    "entry-point-unused": (WARNING, "an entry point names an object, and nothing is registered", "tell its author"),
    "entry-point-broken": (WARNING, "an entry point names what cannot be had", "reinstall it, or tell its author"),
    "file-owned-twice": (WARNING, "two distributions contain the same file", "uninstall one of them"),
    "stray-package-file": (WARNING, "it contains a file that only the application may contain", "reinstall without it"),
    "stale-metadata": (WARNING, "two versions of one distribution seem to be installed", "remove the stale one"),
    "leftover-directory": (NOTE, "an uninstalled plugin's directory is still there", "remove it"),
    "editable-source-gone": (ERROR, "the source of an editable install does not exist", "reinstall or uninstall it"),
    "editable-invisible": (ERROR, "Python does not find a plugin in an editable install", "reinstall it"),
    "modified-since-install": (WARNING, "files have changed since the installation", "reinstall it"),
    "file-missing": (ERROR, "files that were installed are gone", "reinstall it"),
    "requirement-missing": (ERROR, "a requirement is not installed", "install it"),
    "requirement-conflict": (WARNING, "a requirement has a wrong version", "install a version that fits"),
    "requirements-unchecked": (NOTE, "the package `packaging` is not installed", "install the extra `pegboard[cli]`"),
    "startup-file-runs-code": (NOTE, "a `.pth` file runs code at each start of Python", "none, unless unwanted"),
    "writable-by-others": (WARNING, "every user of the machine may change the code that runs", "remove the permission"),
    # -- settings and records
    "configuration-invalid": (WARNING, "a setting is invalid", "correct it"),
    "plugin-not-found": (WARNING, "the application enables a plugin that is not installed", "install it"),
    "configuration-unknown-name": (WARNING, "a setting names a plugin that is not installed", "remove the setting"),
    "plugin-folder-unusable": (WARNING, "the plugin folder cannot be read", "make it a folder"),
    "index-stale": (NOTE, "the index is not valid, so the next start is slow", "none: that start rebuilds it"),
    "journal-unwritable": (WARNING, "a plugin that kills the process could not be named", "give it a folder"),
    "index-unwritable": (WARNING, "the index cannot be written, so every start is slow", "make it writable"),
    # -- the doctor itself
    "imports-unchecked": (NOTE, "the program cannot be started again", "run it from the command line"),
    "import-not-repeated": (NOTE, "an import ended the process once, and not again", "none, unless it recurs"),
    "check-failed": (WARNING, "a check of the doctor failed", "report it to the authors of pegboard"),
}
"""Code to severity, meaning and general remedy. A finding names the plugin and has a more precise remedy."""
