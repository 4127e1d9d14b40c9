"""What an adapter makes of plugins is on record: the next start has it without an import, until something changes."""

import json
import subprocess
import sys

import pytest
from support.processes import API, TRACE

COMMAND = """
import sys
from app.api import host
from pegboard.cli import manage
raise SystemExit(manage(host, sys.argv[1:], prog="app plugins"))
"""

OFFER = """
seen = []

@host.adapt
def offer(plugin, module, entry_points):
    for point in entry_points:
        register(f"{plugin.name}.{point.name}", point.object, value=point.value)
    if hasattr(module, "register"):
        module.register(lambda name: register(name, name))
"""


def adapt(application, adapter=OFFER):
    application.write("app/api.py", API.replace('Host("app")', 'Host("app", entry_points="acme")') + adapter)


def publish(application, name, text, lines=None):
    application.site.mkdir(exist_ok=True)
    (application.site / f"acme_{name}.py").write_text(TRACE + text)
    info = application.site / f"acme_{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"acme_{name}.py,,\n")
    (info / "entry_points.txt").write_text(f"[acme]\n{lines or f'{name} = acme_{name}'}\n")


def command(application, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-B", "-c", COMMAND, *arguments],
        env=application.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=application.root,
    )


def plugin(application, name, **environ):
    listed = json.loads(command(application, "list", "--json", **environ).stdout)["plugins"]
    return next(each for each in listed if each["name"] == name)


@pytest.fixture
def adapted(application):
    """An application that adapts two plugins, one of which has two entry points."""
    adapt(application)
    publish(application, "csv", "class Reader: ...\nclass Writer: ...\n", "r = acme_csv:Reader\nw = acme_csv:Writer")
    publish(application, "tsv", "def register(add): add('tsv')\n")
    application.settle()
    return application


NAMES = ["r.r", "r.w", "tsv.tsv", "tsv"]
READ = "result['got'] = [things[n] if type(things[n]) is str else things[n].__name__ for n in things]"


@pytest.mark.usefixtures("objects_are_not_compared")
class TestRecords:
    def test_what_an_adapter_registers_is_there_without_an_import(self, adapted):
        adapted.settle()
        assert (adapted.names()["names"], adapted.names().imported) == (NAMES, [])
        run = adapted.run("result['about'] = [things.describe('r.w'), things.owner('r.w').name]", "things['r.w']")
        assert run["about"] == [{"value": "acme_csv:Writer"}, "r"]
        assert (run.imported, run.stderr) == (["acme_csv"], "")

    def test_what_is_read_is_the_same_at_each_start(self, adapted):
        adapted.settle()
        expected = ["Reader", "Writer", "acme_tsv", "tsv"]
        assert adapted.run(READ, APP_PLUGINS_LAZY="0")["got"] == expected
        for _ in range(3):
            run = adapted.run(READ)
            assert (run["got"], run.stderr) == (expected, "")

    @pytest.mark.parametrize("first", ["import acme_tsv", "host.plugins\nimport acme_tsv"])
    def test_a_module_that_somebody_imports_first_is_seen_at_each_start(self, adapted, first):
        adapted.settle()
        look = "result['rows'] = [[name, things.owner(name).name] for name in things]; things['tsv']"
        for _ in range(4):
            run = adapted.run(first, look)
            assert run["rows"] == [["r.r", "r"], ["r.w", "r"], ["tsv.tsv", "tsv"], ["tsv", "tsv"]]
            assert run.stderr == ""
        assert adapted.names()["names"] == NAMES

    def test_an_adapter_that_is_edited_makes_new_records(self, adapted):
        adapted.settle()
        adapted.names()
        adapt(adapted, OFFER.replace("{plugin.name}.{point.name}", "{point.name}"))
        adapted.settle()
        assert adapted.names()["names"] == ["r", "w", "tsv"]
        adapt(adapted, "")
        adapted.settle()
        assert adapted.names()["names"] == []

    def test_entry_points_that_change_make_new_records(self, adapted):
        adapted.settle()
        adapted.names()
        publish(adapted, "csv", "class Reader: ...\nclass Writer: ...\n", "r = acme_csv:Reader\nz = acme_csv")
        adapted.settle()  # an installer replaces the folder
        (adapted.site / "touched").mkdir()
        run = adapted.names()
        assert run["names"] == ["r.r", "r.z", "tsv.tsv", "tsv"]
        assert run.imported == ["acme_csv"]

    def test_a_fault_of_the_adapter_is_told_at_each_start(self, adapted):
        adapt(
            adapted, "\n@host.adapt\ndef offer(plugin, module, entry_points):\n    register(plugin.name, module.none)\n"
        )
        adapted.settle()
        for _ in range(3):
            run = adapted.names()
            assert run["names"] == []
            assert run.stderr.count("warning[adapter-failed]") == 2
            assert "the application's adapter failed for plugin 'tsv' of acme-tsv 1.0" in run.stderr
            assert "author" not in run.stderr
        about = plugin(adapted, "tsv")
        assert (about["state"], "module 'acme_tsv' has no attribute 'none'" in about["why"]) == ("broken", True)

    def test_an_adapter_wants_a_plugin_at_every_start(self, adapted):
        adapt(adapted, OFFER + "    if plugin.name == 'tsv': declare(eager=True)\n")
        adapted.settle()
        for _ in range(3):
            adapted.names()
        assert adapted.names().imported == ["acme_tsv"]
        assert plugin(adapted, "tsv")["why"].startswith("the application's adapter says so (")
        assert "app/api.py:" in plugin(adapted, "tsv")["why"]
        assert "its author" not in command(adapted, "why", "tsv").stdout
        publish(adapted, "tsv", "from app.api import declare\ndef register(add): declare(eager=True)\n")
        adapt(adapted)
        adapted.settle()
        adapted.names()
        assert plugin(adapted, "tsv")["why"] == "its author says so"

    def test_the_doctor_says_whose_fault_it_is(self, adapted):
        adapt(
            adapted, "\n@host.adapt\ndef offer(plugin, module, entry_points):\n    register(plugin.name, module.none)\n"
        )
        adapted.settle()
        found = json.loads(command(adapted, "doctor", "--json").stdout)["findings"]
        about = [finding for finding in found if finding["plugin"] == "tsv"]
        assert about
        assert [finding for finding in about if "author" in finding["remedy"] or "update it" in finding["remedy"]] == []

    def test_a_worker_process_sees_the_same(self, adapted):
        adapted.settle()
        work = (
            "import multiprocessing as m, app.api\n"
            "with m.get_context('spawn').Pool(1) as pool: result['got'] = pool.apply(app.api.things.__getitem__, ('tsv',))"
        )
        adapt(adapted, OFFER + "\ndef get(name): return things[name]\n")
        adapted.write(
            "program.py",
            "import json, multiprocessing, app.api\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
            "        print(json.dumps({'got': pool.apply(app.api.get, ('tsv',)), 'imported': []}))\n",
        )
        adapted.settle()
        del work
        assert adapted.run()["got"] == "tsv"


class TestEffects:
    """What the adapter does besides registering counts as the plugin's import does."""

    def why(self, application, adapter, name="tsv"):
        adapt(application, adapter)
        publish(application, "tsv", "")
        application.settle()
        for _ in range(3):
            application.names()
        return plugin(application, name)["why"], application.names().imported

    def test_an_adapter_that_only_registers_has_none(self, application):
        assert self.why(application, OFFER)[1] == []

    @pytest.mark.parametrize("adapter", [OFFER, ""])
    def test_a_plugin_that_imports_libraries_has_none(self, application, adapter):
        adapt(application, adapter)
        text = "import argparse\nclass Reader: ...\nimport json, dataclasses, logging.config\nfrom app.api import register as add\n"
        publish(application, "csv", text + "add('x', Reader)\nimport xml.dom.minidom\n", "csv = acme_csv:Reader")
        publish(application, "tsv", text + "add('y', Reader)\n")
        application.settle()
        for _ in range(3):
            application.names()
        assert [plugin(application, name)["state"] for name in ("csv", "tsv")] == ["primed", "primed"]

    @pytest.mark.parametrize(
        "body", ["seen.append(plugin.name)", "note(plugin.name)", "module.__class__; table[plugin.name] = 1"]
    )
    def test_what_it_notes_in_the_application_is_one(self, application, body):
        adapter = f"""
seen = []
table = {{}}
def note(name): seen.append(name)
@host.adapt
def offer(plugin, module, entry_points):
    register(plugin.name, module)
    {body}
"""
        why, imported = self.why(application, adapter)
        assert why.startswith("the adapter ")
        assert "app.api.seen" in why or "app.api.table" in why
        assert f"{application.code}/app/api.py:" in why
        assert imported == ["acme_tsv"]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("os.environ['ODD'] = '1'", "ODD"),
            ("import atexit; atexit.register(int)", "exit"),
            ("import threading; threading.Thread(target=int).start()", "thread"),
            ("import random; random.seed(1)", "random"),
        ],
    )
    def test_what_it_does_to_the_process_is_one(self, application, body, words):
        adapter = f"""
@host.adapt
def offer(plugin, module, entry_points):
    register(plugin.name, module)
    {body}
"""
        why, imported = self.why(application, adapter)
        assert words in why
        assert imported == ["acme_tsv"]
