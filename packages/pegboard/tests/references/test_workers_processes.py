"""Objects of plugins' classes, functions, and references travel to worker processes, however a plugin is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pytest

PLUGIN = """
from app.core import register
class Export:
    class Inner:
        def __call__(self, text): return text.title()
    def __call__(self, text): return text.upper()
def function(text): return text.lower()
register("{name}", Export())
register("{name} inner", Export.Inner())
register("{name} function", function)
"""

CORE = """
import sys, functools
from pegboard import Host

{make}
things = {host}.registry("things")
register = things.register
"""

FINDER = """
import sys
from importlib.util import spec_from_file_location
MAPPING = {{"app.plugins.mapped": {file!r}}}
NAMESPACES = {{}}
class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname, MAPPING[fullname])
sys.meta_path.append(_EditableFinder)
"""

DRIVER = """
import json, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def call(thing, text):
    return thing(text)

def main():
    from app.core import things
    method, *names = sys.argv[1:]
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        answers = [pool.submit(call, things[name], "aB").result() for name in names]
        answers += [pool.submit(things.reference(name), "aB").result() for name in names]
    print(json.dumps(answers))

if __name__ == "__main__":
    main()
"""

NAMES = ("module", "package", "mapped", "folder", "nested", "entry", "zipped")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return an application with one plugin of each form of installation."""
    from support.processes import Application

    application = Application(tmp_path_factory.mktemp("workers"))
    application.write("app/__init__.py", "from pegboard import announce_host\nannounce_host('app', 'app.core:make')\n")
    make = "@functools.cache\ndef make():\n    return Host('app')\n"
    application.write("app/core.py", CORE.format(make=make, host="make()"))
    application.write("driver.py", DRIVER)
    config = application.home / ".config/app/plugins"
    for name, path in (
        ("module", application.site / "app/plugins/module.py"),
        ("package", application.site / "app/plugins/package/inner.py"),
        ("mapped", application.root / "source/mapped.py"),
        ("folder", config / "folder.py"),
        ("nested", config / "nested/inner.py"),
        ("entry", application.site / "acme_entry/plugin.py"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLUGIN.format(name=name))
        if path.stem == "inner":
            (path.parent / "__init__.py").write_text(f"from app.plugins.{name}.inner import Export\n")
    information = application.site / "acme_entry-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-entry\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[app.plugins]\nentry = acme_entry.plugin\n")
    application.write("sitecustomize.py", FINDER.format(file=str(application.root / "source/mapped.py")))
    archive = application.root / "zipped.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app/plugins/zipped.py", PLUGIN.format(name="zipped"))
    application.environ["PYTHONPATH"] += f":{archive}"
    application.settle()
    application.age(archive)
    return application


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_what_plugins_define_travels_however_they_are_installed(installed, method):
    names = [f"{name}{what}" for name in NAMES for what in ("", " inner", " function")]
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "driver", method, *names],
        env=installed.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.stderr == ""
    assert json.loads(process.stdout) == ["AB", "Ab", "ab"] * len(NAMES) * 2


# -- workers start warm ------------------------------------------------------------------------------------------------


def at_once(application, count, *steps):
    """Return what each of *count* processes imports that start at the same time."""
    command = [sys.executable, "-B", str(application.code / "program.py"), json.dumps(steps)]
    options = {"env": application.environ, "cwd": application.root, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **options) for _ in range(count)]
    return [json.loads(process.communicate(timeout=60)[0].splitlines()[-1])["imported"] for process in started]


def test_workers_that_start_cold_at_once_import_each_plugin_once_each_and_later_ones_only_what_they_use(
    application, objects_are_not_compared
):
    names = [f"p{number}" for number in range(5)]
    for name in names:
        application.plugin(name)
    application.settle()
    imported = at_once(application, 4, "things.names()")
    assert names in imported
    assert all(each in (names, []) for each in imported)  # 20 imports at most, and not 80; who is late finds an index
    assert at_once(application, 4, "things['t-p3']") == [["p3"]] * 4


# -- plugins that differ -----------------------------------------------------------------------------------------------

SERVE = """
import pickle, sys
for line in sys.stdin:
    try:
        answer = "ran " + pickle.loads(bytes.fromhex(line))()
    except Exception as error:
        answer = getattr(error, "kind", "") or repr(error)
    print(answer, flush=True)
"""

VERSIONS = {
    "same": ("1.0", "1.0", {}),
    "older": ("0.9", "0.9", {}),
    "newer": ("1.0.1", "1.0.1", {}),
    "other files": ("1.0", "1.0 edited", {}),
    "disabled": ("1.0", "1.0", {"APP_NO_PLUGINS": "csv"}),
    "missing": (None, "", {}),
}


def with_version(application, folder, version, runs):
    """Write the plugin `csv` of *version* below *folder*; when it is called it returns *runs*."""
    plugins = application.root / folder / "app/plugins"
    plugins.mkdir(parents=True)
    if version is None:
        return
    (plugins / "csv.py").write_text(f"from app.api import register\nregister('csv', lambda: {runs!r})\n")
    information = application.root / folder / f"acme_csv-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-csv\nVersion: {version}\n")
    (information / "RECORD").write_text("app/plugins/csv.py,,\n")


def test_of_a_thousand_calls_over_workers_with_differing_versions_none_runs_another_version(
    application, objects_are_not_compared
):
    for name, (version, runs, _) in VERSIONS.items():
        with_version(application, name, version, runs)
    application.settle()
    workers = {}
    for name, (_, _, differing) in VERSIONS.items():
        path = f"{application.code}:{application.root / name}"
        environ = application.environ | {"PYTHONPATH": path, "APP_PLUGINS_CACHE": str(application.home / name)}
        options = {"env": environ | differing, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        workers[name] = subprocess.Popen([sys.executable, "-B", "-c", SERVE], **options)
    make = "from app import api\nimport pickle\nprint(pickle.dumps(api.things.reference('csv')).hex())"
    environ = application.environ | {"PYTHONPATH": f"{application.code}:{application.root / 'same'}"}
    made = subprocess.run([sys.executable, "-B", "-c", make], env=environ, capture_output=True, text=True, check=True)
    calls = 1000 // len(workers) + 1
    answers = {
        name: process.communicate(made.stdout * calls, timeout=60)[0].splitlines() for name, process in workers.items()
    }
    assert answers == {name: ["ran 1.0" if name == "same" else name] * calls for name in workers}
