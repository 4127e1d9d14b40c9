"""Entry points that are contributions: nothing is imported to know them, at the first start or later ones."""

import json
import subprocess
import sys

import pytest
from support.processes import API, TRACE

pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

COMMAND = """
import sys
from app.api import host
from pegboard.cli import manage
raise SystemExit(manage(host, sys.argv[1:], prog="app plugins"))
"""

READERS = '\nreaders = host.registry("readers", entry_points="app.readers")\n'


def publish(application, name, lines, text="class Reader: ...\n"):
    info = application.site / f"acme_{name}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    if text is not None:
        (application.site / f"acme_{name}.py").write_text(TRACE + text)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"acme_{name}.py,,\n")
    (info / "entry_points.txt").write_text(f"[app.readers]\n{lines}\n")


def command(application, *arguments, **environ):
    done = subprocess.run(
        [sys.executable, "-B", "-c", COMMAND, *arguments],
        env=application.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=application.root,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def names(application, **environ):
    return application.run("result['names'] = api.readers.names()", **environ)


@pytest.fixture
def offered(application):
    """An application with two distributions whose entry points are readers, and a plugin of the usual kind."""
    application.write("app/api.py", API + READERS)
    publish(application, "csv", "csv = acme_csv:Reader\nbad = acme_csv:gone")
    publish(application, "tsv", "tsv = acme_tsv:Reader")
    application.plugin("usual")
    application.settle()
    return application


def test_names_are_known_at_each_start_and_nothing_is_imported_for_them(offered):
    for imported in (["usual"], [], []):
        run = names(offered)
        assert (run["names"], run.imported, run.stderr) == (["bad", "csv", "tsv"], imported, "")


def test_a_warm_start_reads_no_metadata(offered):
    names(offered)
    run = offered.run("import sys; api.readers.names(); result['loaded'] = sorted(sys.modules)")
    loaded = set(run["loaded"])
    assert "importlib.metadata" not in loaded
    assert {name for name in loaded if name.startswith("pegboard.startup")} == set()
    run = offered.run("import sys; api.readers['csv']; result['loaded'] = sorted(sys.modules)")
    assert "importlib.metadata" not in run["loaded"]
    assert {name for name in run["loaded"] if name.startswith("pegboard.startup")} == set()


def test_what_is_used_is_the_same_at_each_start(offered):
    steps = (
        "result['csv'] = api.readers['csv'].__name__",
        "result['rows'] = [[name, api.readers.owner(name).name, api.readers.describe(name)] for name in api.readers]",
        "result['bad'] = api.readers.get('bad'); result['names'] = api.readers.names()",
        "result['state'] = [host.plugin('acme-csv').state, host.plugin('acme-tsv').state]",
    )
    expected = {
        "csv": "Reader",
        "rows": [
            ["bad", "acme-csv", {"group": "app.readers", "value": "acme_csv:gone"}],
            ["csv", "acme-csv", {"group": "app.readers", "value": "acme_csv:Reader"}],
            ["tsv", "acme-tsv", {"group": "app.readers", "value": "acme_tsv:Reader"}],
        ],
        "bad": None,
        "names": ["csv", "tsv"],
        "state": ["active", "primed"],
    }
    for environ in ({"APP_PLUGINS_LAZY": "0"}, {}, {}, {}):
        run = offered.run(*steps, **environ)
        assert run.result == expected
        assert "error" not in run.stderr
        assert run.stderr.count("warning[entry-point-broken]") == 1
    assert names(offered).imported == []


def test_what_was_installed_or_removed_meanwhile_is_known(offered):
    names(offered)
    publish(offered, "psv", "psv = acme_psv:Reader")
    run = names(offered)
    assert (run["names"], run.imported) == (["bad", "csv", "psv", "tsv"], [])
    for file in (offered.site / "acme_psv-1.0.dist-info").iterdir():
        file.unlink()
    (offered.site / "acme_psv-1.0.dist-info").rmdir()
    assert names(offered)["names"] == ["bad", "csv", "tsv"]


def test_a_damaged_index_loses_no_name(offered):
    names(offered)
    data = bytearray(offered.index.read_bytes())
    for at in range(len(data) // 2, len(data), 7):
        data[at] ^= 1
    offered.index.write_bytes(bytes(data))
    assert names(offered)["names"] == ["bad", "csv", "tsv"]


def test_a_plugin_that_reads_them_while_it_is_imported_sees_the_same_at_each_start(offered):
    offered.plugin("acme-zz".replace("-", "_"), "register('seen', str(api.readers.names()))\n")
    offered.settle()
    look = "result['seen'] = things['seen']; result['csv'] = api.readers['csv'].__name__"
    runs = [offered.run(look, **environ) for environ in ({"APP_PLUGINS_LAZY": "0"}, {}, {}, {})]
    assert len({run["seen"] for run in runs}) == 1
    assert {run["csv"] for run in runs} == {"Reader"}


def test_what_a_module_registers_besides_is_on_no_record(offered):
    publish(
        offered,
        "csv",
        "csv = acme_csv:Reader",
        "from app.api import register\nregister('more', 1)\nclass Reader: ...\n",
    )
    offered.settle()
    look = "result['before'] = things.names(); api.readers['csv']; result['after'] = things.names()"
    for _ in range(3):
        run = offered.run(look)
        assert (run["before"], run["after"]) == (["t-usual"], ["more", "t-usual"])
        assert run.stderr == ""
    assert names(offered).imported == []


def test_people_see_distributions_as_plugins(offered):
    listed = json.loads(command(offered, "list", "--json").stdout)["plugins"]
    about = next(each for each in listed if each["name"] == "acme-csv")
    assert (about["distribution"], about["version"], about["source"]) == ("acme-csv", "1.0", "entry point")
    assert (
        "'bad'" in command(offered, "info", "acme-csv").stdout or "bad" in command(offered, "info", "acme-csv").stdout
    )
    assert "  why: known from its metadata" in command(offered, "why", "acme-csv").stdout
    assert command(offered, "disable", "acme-csv").returncode == 0
    offered.settle()
    assert names(offered)["names"] == ["tsv"]
    assert command(offered, "enable", "acme-csv").returncode == 0
    offered.settle()
    assert names(offered)["names"] == ["bad", "csv", "tsv"]
    assert names(offered, APP_NO_PLUGINS="acme-tsv")["names"] == ["bad", "csv"]
    assert names(offered, APP_NO_PLUGINS="1")["names"] == []


def test_the_doctor_loads_each_and_names_what_is_broken(offered):
    found = json.loads(command(offered, "doctor", "--json").stdout)["findings"]
    about = [finding for finding in found if finding["code"] == "entry-point-broken"]
    assert [finding["plugin"] for finding in about] == ["acme-csv"]
    assert "bad = acme_csv:gone" in about[0]["what"]
    assert [finding for finding in found if finding["plugin"] == "acme-tsv"] == []


def test_one_that_kills_the_process_is_named_and_left_out(offered):
    publish(offered, "tsv", "tsv = acme_tsv:Reader", "import os\nos._exit(9)\n")
    offered.settle()
    for _ in range(2):
        offered.process("api.readers['tsv']")
    run = names(offered)
    assert run["names"] == ["bad", "csv"]
    assert "plugin 'acme-tsv' of acme-tsv 1.0" in run.stderr


def test_a_user_may_want_one_at_every_start_which_changes_nothing(offered):
    folder = offered.home / ".config/app"
    folder.mkdir(parents=True)
    (folder / "plugins.toml").write_text("[plugins.acme-csv]\neager = true\n")
    offered.settle()
    for _ in range(3):
        assert names(offered)["names"] == ["bad", "csv", "tsv"]
    assert names(offered).imported == []
