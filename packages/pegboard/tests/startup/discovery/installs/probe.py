"""Runs in a process of its own: discovers the plugins of `app`, then imports each, and prints both as JSON.

Its one argument is a JSON object: `append` (directories to append to `sys.path` after the application was imported),
`folder` (the user's plugin folder), `import_plugins` (import `app.plugins` first, as an application may).
"""

import json
import sys


def main(options):
    import app

    assert app
    sys.path += options.get("append", ())
    if options.get("import_plugins"):
        import app.plugins
    from pegboard.importer import extend_namespace
    from pegboard.startup.discovery import discover

    before = set(sys.modules)
    found = discover("app", folder=options.get("folder"))
    foreign = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in ("app", "acme"))
    extend_namespace("app", found.portions, found.init)
    candidates = {}
    for candidate in found.candidates:
        imported = None
        if candidate.problem is None:
            try:
                __import__(candidate.module)
                module = sys.modules[candidate.module]
                imported = getattr(module, "WHO", None) or list(module.__path__)
            except Exception as error:
                imported = f"{type(error).__name__}: {error}"
        candidates[candidate.name] = {
            "module": candidate.module,
            "source": candidate.source,
            "origin": candidate.origin,
            "file": getattr(sys.modules.get(candidate.module), "__file__", None),
            "distribution": str(candidate.distribution or ""),
            "problem": candidate.problem and str(candidate.problem),
            "imported": imported,
        }
    result = {
        "candidates": candidates,
        "problems": [f"{problem.code}: {problem}" for problem in found.problems],
        "imported_by_discovery": foreign,
        "portions": found.portions,
        "again": discover("app", folder=options.get("folder")).portions == found.portions,
        "app": getattr(app, "__file__", None),
        "ran_stray": "STRAY" in vars(sys.modules["app.plugins"]),
        "own_plugins_init": getattr(sys.modules["app.plugins"], "OWN", False),
        "directories": found.directories,
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})
