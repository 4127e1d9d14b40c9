"""What a host says about its plugins holds at the second start, too; and people are told."""

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


def hosted(application, host, after=""):
    application.write("app/api.py", API.replace('Host("app")', f"Host({host})") + after)


def entry_point(application, distribution, text):
    info = application.site / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "RECORD").write_text("")
    (info / "entry_points.txt").write_text(text)


def command(application, *arguments):
    done = subprocess.run(
        [sys.executable, "-B", "-c", COMMAND, *arguments],
        env=application.environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=application.root,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def elsewhere(application):
    """An application with a plugin in a namespace, and one by an entry point."""
    text = TRACE + "from app.api import register\nregister({0!r}, {0!r})\n"
    for name, path in (("csv", "acmeplug/csv.py"), ("tsv", "acme_tsv.py")):
        file = application.site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(name))
    entry_point(application, "acme_tsv", "[acme]\ntsv = acme_tsv\n")
    hosted(application, '"app", namespace="acmeplug", entry_points="acme"')
    application.settle()
    return application


def test_plugins_elsewhere_wait_at_the_second_start(elsewhere):
    first = elsewhere.names()
    assert (first["names"], sorted(first.imported)) == (["csv", "tsv"], ["acme_tsv", "csv"])
    second = elsewhere.names()
    assert (second["names"], second.imported) == (["csv", "tsv"], [])
    third = elsewhere.run("result['csv'] = things['csv']")
    assert (third["csv"], third.imported, third.stderr) == ("csv", ["csv"], "")


def test_a_new_module_of_the_namespace_is_found_at_the_next_start(elsewhere):
    elsewhere.names()
    file = elsewhere.site / "acmeplug/psv.py"
    file.write_text(TRACE + "from app.api import register\nregister('psv', 'psv')\n")
    assert elsewhere.names()["names"] == ["csv", "psv", "tsv"]


def test_an_index_of_a_host_that_looked_elsewhere_is_not_used(elsewhere):
    elsewhere.names()
    hosted(elsewhere, '"app", namespace="", entry_points="acme"')
    elsewhere.settle()
    assert elsewhere.names()["names"] == ["tsv"]


def test_a_plain_module_stays_one_at_each_start(application):
    application.environ["XDG_CONFIG_HOME"] = str(application.home / ".config")
    folder = application.home / ".config/app/plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(
        TRACE + "from app.plugins import Base\nfrom app.api import register\nregister('mine', Base)\n"
    )
    (application.code / "app/plugins.py").write_text("class Base: ...\n")
    application.settle()
    step = "result['file'] = things['mine'].__module__; import app.plugins; result['same'] = app.plugins.__file__"
    for _ in range(2):
        run = application.run(step)
        assert (run["file"], run["same"]) == ("app.plugins", str(application.code / "app/plugins.py"))
        assert run.stderr == ""


def test_a_plugin_that_registers_is_not_told_when_another_is_recorded(application):
    application.site.mkdir()
    (application.site / "acme.py").write_text("from app.api import register\nregister('x', 1)\nclass Reader: ...\n")
    entry_point(application, "acme", "[app.plugins]\nreader = acme:Reader\n")
    application.settle()
    assert application.names().stderr == ""
    application.plugin("other")
    run = application.names()
    assert (run["names"], run.stderr) == (["t-other", "x"], "")


def test_an_object_that_nobody_uses_is_told_at_each_start(application):
    entry_point(application, "acme", "[app.plugins]\nreader = acme:Reader\n")
    (application.site / "acme.py").write_text("class Reader: ...\n")
    application.settle()
    for _ in range(2):
        assert "plugin 'reader' of acme 1.0 registers nothing" in application.names().stderr


@pytest.fixture
def enabled(primed):
    """An application that enables `a` and what is not installed, and was started before it did."""
    hosted(primed, '"app"', "host.only(['a', 'cc'])\n")
    primed.settle()
    return primed


def test_only_what_is_enabled_is_imported_at_each_start(enabled):
    for imported in (["a"], []):
        run = enabled.names()
        assert (run["names"], run.imported) == (["t-a"], imported)
        assert "no plugin is named 'cc'" in run.stderr


def test_a_plugin_that_uses_one_like_a_library_waits_until_that_one_changes(enabled):
    enabled.plugin("a", "from app.plugins import b\nfrom app.api import register\nregister(b.NAME, 1)\n")
    for name in ("old", "new"):
        enabled.plugin("b", f"from app.api import register\nregister('b', 1)\nNAME = {name!r}\n")
        enabled.settle()
        for imported in (["b", "a"], []):
            run = enabled.names()
            assert (run["names"], sorted(run.imported)) == (["t-a", name], sorted(imported))


def test_people_are_told_what_the_application_does_not_enable(enabled):
    reason = "the application does not enable it"
    listed = json.loads(command(enabled, "list", "--json").stdout)["plugins"]
    assert {plugin["name"]: plugin["why"] == reason for plugin in listed} == {"a": False, "b": True, "c": True}
    assert reason in command(enabled, "why", "b").stdout
    assert reason in command(enabled, "info", "b").stdout
    found = json.loads(command(enabled, "doctor", "--no-import", "--json").stdout)["findings"]
    assert [finding["what"] for finding in found if finding["code"] == "plugin-not-found"] == [
        "no plugin is named 'cc'"
    ]


def test_the_doctor_imports_only_what_is_enabled(enabled):
    (enabled.site / "app/plugins/b.py").write_text("raise SystemExit('never')\n")
    found = json.loads(command(enabled, "doctor", "--json").stdout)["findings"]
    assert [finding for finding in found if finding["plugin"] == "b"] == []


def test_why_names_the_groups_that_are_searched(elsewhere):
    assert "entry points in the group acme\n" in command(elsewhere, "why", "absent").stdout


@pytest.mark.parametrize("module", ["acmeplug.csv", "acme_tsv"])
@pytest.mark.parametrize(
    "first", ["import {0}", "import app.api, {0}", "import app.api; app.api.host.plugins; import {0}"]
)
def test_a_plugin_elsewhere_that_is_imported_first_owns_what_it_registers(elsewhere, module, first):
    for file in (elsewhere.site / "acmeplug/csv.py", elsewhere.site / "acme_tsv.py"):
        file.write_text(
            file.read_text().removeprefix(TRACE)
        )  # which notes its import in a module that is not there yet
    elsewhere.settle()
    name = module[-3:]
    step = (
        f"{first.format(module)}; from app.api import host, things; import json; host.start();"
        f"print(json.dumps([things.names(), things.owner({name!r}).name, host.plugin({name!r}).state, host.problems]))"
    )
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-B", "-c", step],
            env=elsewhere.environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=elsewhere.root,
        )
        assert done.stderr == ""
        assert json.loads(done.stdout) == [["csv", "tsv"], name, "active", []]
