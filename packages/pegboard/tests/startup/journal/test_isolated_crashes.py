"""Deaths of an isolated plugin's process count as crashes until a call of it has returned."""

import pytest

from pegboard.index import Settings
from pegboard.ledger import BUILT_IN, FOUND, ISOLATED, QUARANTINED, Distribution, Plugin
from pegboard.startup.journal.quarantine import apply, served, struck, survived


@pytest.fixture
def settings(tmp_path):
    return Settings("app", {}, cache_directory=str(tmp_path))


@pytest.fixture
def plugin(tmp_path):
    origin = tmp_path / "csv.py"
    origin.write_text("")
    made = Plugin("csv", "app.plugins.csv", origin=str(origin), source=ISOLATED)
    made.distribution = Distribution("acme-csv", "1.2")
    return made


def test_two_of_them_are_quarantine_and_name_what_happened(settings, plugin):
    struck(plugin, "its process has ended 2 times in a row: it was killed by SIGSEGV", settings.journal)
    assert apply(settings, [plugin]) == ([], (("app.plugins.csv",),))
    assert plugin.state == FOUND
    struck(plugin, "its process has ended 3 times in a row: it was killed by SIGSEGV", settings.journal)
    (problem,), _ = apply(settings, [plugin])
    assert plugin.state == QUARANTINED
    assert "it was killed by SIGSEGV" in problem.summary()


@pytest.mark.parametrize(("source", "is_forgotten"), [(ISOLATED, False), ("namespace", True), (BUILT_IN, True)])
def test_an_import_that_succeeds_does_not_show_that_calls_do(settings, plugin, source, is_forgotten):
    struck(plugin, "it died", settings.journal)
    struck(plugin, "it died", settings.journal)
    plugin.source = source
    survived(plugin, [(plugin.module,)], settings.journal, None, print)
    plugin.source = ISOLATED
    apply(settings, [plugin])
    assert (plugin.state == FOUND) is is_forgotten


def test_a_call_that_returns_forgets_them(settings, plugin):
    struck(plugin, "it died", settings.journal)
    served(plugin, settings.journal)
    struck(plugin, "it died", settings.journal)
    apply(settings, [plugin])
    assert plugin.state == FOUND


def test_without_a_journal_nothing_is_counted(plugin, tmp_path):
    struck(plugin, "it died", "")
    served(plugin, "")
    assert [path.name for path in tmp_path.iterdir()] == ["csv.py"]
