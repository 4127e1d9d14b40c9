"""Are published plugins lazy? Record all plugins of an environment in fresh processes, and say what became of each.

In: a virtual environment with a published application and its plugins. Out: a line for each plugin. A host of our own,
which uses what Pegboard exports and nothing else, takes the same modules for its plugins: entry points name them, added
to copies of their distributions' metadata; the application itself finds none there. The rest of the environment is
linked, and stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

PEGBOARD = Path(os.environ.get("BENCH_PEGBOARD", Path(__file__).resolve().parents[1])) / "packages" / "pegboard" / "src"
HOST = "published"

CHILD = r"""
import importlib, json, math, os, sys, time
given = json.loads(sys.argv[1])
sys.path[:0] = given["path"]  # nothing else of the environment: what it does at each start is not the plugins'
from pegboard import Host
for module in given["application"]:
    importlib.import_module(module)
host = Host("published", judging_s=math.inf, slow_after=None, lazy=given["lazy"], report=lambda problem: None,
            config_directory=given["home"], cache_directory=given["home"], environ={})
before = time.process_time()
host.start()
took = time.process_time() - before
answer = {"took_s": took, "plugins": [
    {"name": p.name, "module": p.module, "state": p.state, "reason": p.reason, "error": p.error and str(p.error),
     "cost_ms": p.cost_ms or 0} for p in host.plugins]}
with open(given["answer"], "w") as file:
    json.dump(answer, file)
os._exit(0)  # threads that a plugin has started end with it
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environment", type=Path, help="a virtual environment that was made for nothing else")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--group", help="the group of entry points that names the plugins")
    kind.add_argument("--namespace", help="the package whose modules are the plugins")
    parser.add_argument("--application", action="append", default=[], help="a module to import before the host starts")
    parser.add_argument("--leave-out", action="append", default=[], metavar="MODULE", help="what is not a plugin")
    parser.add_argument("--json", type=Path, help="a file for the results")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder, "packages")
        named = lay_out(site_packages(options.environment), packages, options)
        python = options.environment / "bin" / "python"
        starts = [
            start(python, packages, Path(folder, home), options.application, lazy=lazy)
            for home, lazy in (("eager", False), ("lazy", True), ("lazy", True))
        ]
    report = table(named, *starts)
    print(*report, sep="\n")
    if options.json:
        options.json.write_text(json.dumps(dict(zip(("eager", "judged", "later"), starts, strict=True)), indent=1))
    return 0


def site_packages(environment: Path) -> Path:
    (found,) = environment.glob("lib/python3*/site-packages")
    return found.absolute()


def lay_out(site: Path, packages: Path, options: argparse.Namespace) -> dict[str, str]:
    """Link *site* to *packages*, with entry points for our host; return the modules they name with their distributions."""
    packages.mkdir()
    (packages / HOST).mkdir()
    (packages / HOST / "__init__.py").touch()
    owners = plugins_of(site, options)
    for item in site.iterdir():
        if item.suffix != ".pth":
            (packages / item.name).symlink_to(item)
    for found in distributions(path=[str(site)]):
        modules = sorted(module for module, owner in owners.items() if owner == found.name)
        if modules:
            copy = packages / Path(found._path).name
            copy.unlink()
            shutil.copytree(found._path, copy)
            points = copy / "entry_points.txt"
            text = points.read_text(encoding="utf-8") if points.exists() else ""
            text = text.replace(f"[{options.group}]", f"[{HOST}.hidden]")  # the application itself is to find none
            lines = [f"{re.sub('[^a-z0-9]+', '_', module.lower())} = {module}" for module in modules]
            points.write_text("\n".join([text, f"[{HOST}.plugins]", *lines, ""]), encoding="utf-8")
    return owners


def plugins_of(site: Path, options: argparse.Namespace) -> dict[str, str]:
    """Return the modules that are plugins, each once, with the names of their distributions."""
    owners: dict[str, str] = {}
    for found in distributions(path=[str(site)]):
        if options.group:
            modules = {point.module for point in found.entry_points if point.group == options.group}
        else:
            modules = of_namespace(site, found, options.namespace)
        owners.update({module: found.name for module in sorted(modules) if module not in options.leave_out})
    return owners


def of_namespace(site: Path, found: Distribution, namespace: str) -> set[str]:
    folder = site.joinpath(*namespace.split("."))
    names = {module.name for module in pkgutil.iter_modules([str(folder)])}
    prefix = "/".join(namespace.split(".")) + "/"
    own = {file.as_posix().removeprefix(prefix).partition("/")[0].removesuffix(".py")
           for file in found.files or () if file.as_posix().startswith(prefix)}  # fmt: skip
    return {f"{namespace}.{name}" for name in names & own if not name.startswith("_")}


def start(python: Path, packages: Path, home: Path, application: list[str], *, lazy: bool) -> dict:
    home.mkdir(exist_ok=True)
    answer = home / "answer"
    answer.unlink(missing_ok=True)
    given = {"path": [str(PEGBOARD), str(packages)], "home": str(home), "lazy": lazy, "application": application,
             "answer": str(answer)}  # fmt: skip
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    with (home / "output").open("w") as output:
        done = subprocess.run(
            [python, "-S", "-c", CHILD, json.dumps(given)], check=False, env=environ, cwd=home,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=1800)  # fmt: skip
    if not answer.exists():
        sys.exit(f"the start ended with {done.returncode}:\n{(home / 'output').read_text()[-2000:]}")
    return json.loads(answer.read_text())


def table(named: dict[str, str], eager: dict, judged: dict, later: dict) -> list[str]:
    plain, observed = ({p["name"]: p["cost_ms"] for p in one["plugins"]} for one in (eager, judged))
    lines, counts = [], {"lazy": 0, "eager": 0, "broken": 0}
    for plugin in later["plugins"]:
        kind = {"primed": "lazy", "active": "eager"}.get(plugin["state"], "broken")
        counts[kind] += 1
        cost = observed[plugin["name"]] - plain[plugin["name"]]
        why = plugin["reason"] if kind != "broken" else (plugin["error"] or plugin["reason"] or "").replace("\n", "; ")
        lines.append(f"{kind:6} {cost:7.1f} ms  {plugin['module']} ({named.get(plugin['module'])}): {why or ''}")
    number = max(1, len(later["plugins"]))
    cpu = ", ".join(f"{words} {one['took_s']:.2f} s" for words, one in
                    (("importing all", eager), ("judging all", judged), ("a later start", later)))  # fmt: skip
    judging = 1000 * (judged["took_s"] - eager["took_s"]) / number
    lines += [
        "",
        ", ".join(f"{count} {kind}" for kind, count in counts.items()),
        f"CPU: {cpu}; judging {judging:.1f} ms a plugin",
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
