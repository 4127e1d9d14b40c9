"""An application with plugins in a folder, in this process, whose plugins are edited and reloaded."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from pegboard.host import Host

API = """
host = None
def register(name, item=None, **metadata): return host.registry('things').register(name, item, **metadata)
def provide(*args, **options): return host.container.provide(*args, **options)
def decorate(*args): return host.container.decorate(*args)
def on_unload(function): return host.on_unload(function)
def scope(name): return host.container.scope(name)
class View: pass
log = []
"""


class LiveApplication:
    """The application `app`; `self.host` is its host, `self.log` what its plugins have noted."""

    def __init__(self, tree, directory):
        self.tree, self.directory = tree, directory
        self.reports = []
        tree.write("app/__init__.py")
        tree.write("app/api.py", API)

    def plugin(self, name, text):
        file = self.directory / "config" / "plugins" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"from app import api\n{textwrap.dedent(text)}")
        return file

    def start(self, **options):
        options = {
            "config_directory": self.directory / "config",
            "cache_directory": self.directory / "cache",
            "report": self.reports.append,
            "environ": {},
        } | options
        self.host = Host("app", **options)
        import app.api

        app.api.host = self.host
        self.api, self.log = app.api, app.api.log
        self.things = self.host.registry("things")
        return self.host

    def start_elsewhere(self):
        """Start the application in a process of its own, which leaves an index."""
        directory = str(self.directory)
        code = (
            "import sys; sys.path[:] = sys.argv[2:]; sys.dont_write_bytecode = False\n"
            "from support.collector import hide_objects\nhide_objects()\n"  # what plugins note is to be no effect
            "from pegboard import Host\nimport app.api\n"
            "app.api.host = Host('app', config_directory=sys.argv[1] + '/config',"
            " cache_directory=sys.argv[1] + '/cache', environ={})\n"
            "app.api.host.start()\n"
        )
        # what is younger than two seconds is not trusted by an index
        for file in [*self.directory.rglob("*.py"), *self.directory.rglob("*")]:
            os.utime(file, (1e9, 1e9))
        subprocess.run([sys.executable, "-c", code, directory, *sys.path], check=True)

    def distribution(self, name, files):
        """Install a distribution by hand: files, and the records that an installer leaves."""
        for path, text in files.items():
            self.tree.write(path, text)
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        self.tree.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        self.tree.write(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/METADATA"]))
