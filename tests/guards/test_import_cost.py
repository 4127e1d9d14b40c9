"""What a start imports: as little as it needs, whatever is installed. Counted in real processes."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.slow

LOADED = """
import sys
before = set(sys.modules)
sys.argv[0] = "utt"
try:
    {code}
finally:
    print("loaded:", *sorted(set(sys.modules) - before), file=sys.stderr)
"""
UTT = "from utt.__main__ import main; sys.exit(main())"
PLUGINS = ("utt-balance==0.1.1", "utt-project-summary==0.1.0")


@pytest.fixture(scope="module")
def environment(environments):
    return environments.shared_environment("packages/utt", *PLUGINS)


@pytest.fixture
def loaded(environment, user):
    """Return what tells which modules some code loads that a bare interpreter has not."""
    user.write_log("2026-03-03 09:00 hello\n")

    def run(code, *words, **environ):
        user.environ.update(environ)
        done = user.run(environment.python, "-I", "-c", LOADED.format(code=code), *words)
        *_, last = done.err.splitlines()
        assert last.startswith("loaded:"), done.err
        assert done.code == 0, done.err
        return set(last.split()[1:])

    return run


def below(package, names):
    return {name for name in names if name == package or name.startswith(f"{package}.")}


def test_pegboard_itself_imports_what_every_start_needs(loaded):
    assert loaded("import pegboard") == {"pegboard", "pegboard.index", "pegboard.manager", "pegboard.host"}


def test_a_host_needs_no_module_of_the_standard_library(loaded):
    modules = loaded("from pegboard import Host; Host('notes').registry('exporters')")

    assert modules - below("pegboard", modules) <= set(sys.builtin_module_names)
    assert len(modules) <= 16


ADOPTING = """
from pegboard import Host
host = Host('wsgiref', namespace='', entry_points='wsgiref.plugins', folder='', is_plugin=lambda candidate: True)
host.only([])
@host.adapt
def offer(plugin, module, entry_points): pass
names = host.registry('readers', entry_points='wsgiref.readers').names()
"""


def test_a_host_that_says_where_its_plugins_are_imports_no_errors(loaded):
    lines = repr(ADOPTING)
    loaded(f"exec({lines})")
    modules = loaded(f"exec({lines})")

    assert "pegboard.sources" in modules
    assert not below("pegboard.errors", modules)
    assert not below("pegboard.startup", modules)


def test_a_warm_start_searches_for_nothing_and_imports_the_one_plugin_that_it_uses(loaded):
    cold = loaded(UTT, "--now", "2026-03-03 10:00", "add", "mail")
    warm = loaded(UTT, "--now", "2026-03-03 10:00", "add", "mail")

    assert below("pegboard.startup.discovery", cold)  # so that a module of another name is noticed
    assert below("pegboard.startup.recording", cold)
    assert {name for name in warm if "plugins." in name and name.startswith("utt.")} == {"utt.plugins.0_add"}
    assert not below("pegboard.startup.discovery", warm)
    assert not below("pegboard.startup.recording", warm)
    assert not below("utt.report", warm) - {"utt.report", "utt.report.interface", "utt.report.model"}
    for package in (
        "rich",
        "utt_balance",
        "importlib.metadata",
        "dataclasses",
        "inspect",
        "json",
        "logging",
        "argcomplete",
        "typing",
    ):
        assert not below(package, warm)


def test_the_report_and_help_do_not_import_other_commands(loaded):
    loaded(UTT, "config")
    report, help_screen = loaded(UTT, "report"), loaded(UTT, "--help")

    for modules in (report, help_screen):
        assert not below("rich", modules)
        assert not below("utt.plugins.balance", modules)
    assert not {name for name in help_screen if name.startswith("utt.plugins.")}


def test_only_a_page_imports_what_pages_are_made_with(loaded):
    loaded(UTT, "config")
    page, report = loaded(UTT, "report", "--html"), loaded(UTT, "report")
    added = loaded(UTT, "--now", "2026-03-03 10:00", "add", "mail")

    for package in ("utt.report.html", "pegboard.html", "xml"):
        assert below(package, page)
        assert not below(package, report)
        assert not below(package, added)


def test_only_its_own_command_imports_a_plugin_and_what_it_needs(loaded):
    loaded(UTT, "config")

    balance = loaded(UTT, "--now", "2026-03-03 10:00", "balance")

    assert below("rich", balance)
    assert "utt.plugins.balance" in balance
    assert "utt.plugins.project_summary" not in balance


def test_with_laziness_off_every_plugin_is_imported(loaded):
    modules = loaded(UTT, "--now", "2026-03-03 10:00", "add", "mail", UTT_PLUGINS_LAZY="0")

    assert {"utt.plugins.balance", "utt.plugins.project_summary", "utt.plugins.0_report"} <= modules
