"""What PyInstaller is told of plugins: also of distributions whose entry points are contributions."""

import json
import subprocess
import sys

HOST = """
from pegboard import Host

host = Host("app")
readers = host.registry("readers", entry_points=["app.readers", "app.more"])
"""

ASK = """
import json, sys
from pegboard.tools.freezing.plugins import installed_plugins
found = installed_plugins(["app.core"])
print(json.dumps([found, [name for name in sys.modules if name.startswith("acme")]]))
"""


def test_distributions_that_contribute_by_entry_points_are_collected_module_by_module(application):
    application.write("app/core.py", HOST)
    for name in ("__init__.py", "reader.py", "deep/__init__.py", "deep/by_name.py", "words.txt"):
        application.write(f"acme_pack/{name}", "")
    application.write("acme_plain.py", "")
    info = "acme_readers-1.0.dist-info"
    application.write(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-readers\nVersion: 1.0\n")
    lines = "a = acme_pack.reader:A\nb = acme_pack.reader:B\nc = acme_plain\ngone = acme_gone\nodd = :x\n"
    application.write(f"{info}/entry_points.txt", f"[app.readers]\n{lines}[app.more]\nd = json:dumps\n")
    application.settle()
    done = subprocess.run(
        [sys.executable, "-B", "-c", ASK], env=application.environ, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    found, imported = json.loads(done.stdout)
    assert imported == []
    assert found["problems"] == []
    plugins = {plugin["module"]: plugin for plugin in found["plugins"] if plugin["distributions"] == ["acme-readers"]}
    assert set(plugins) == {"acme_pack.reader", "acme_plain", "json"}
    assert {plugin["is_built_in"] for plugin in plugins.values()} == {False}
    pack = plugins["acme_pack.reader"]
    assert {"acme_pack.reader", "acme_pack.deep.by_name"} <= set(pack["modules"])
    assert [target for _, target in pack["data"]] == ["acme_pack"]
    assert plugins["acme_plain"]["modules"] == ["acme_plain"]
