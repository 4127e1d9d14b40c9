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
