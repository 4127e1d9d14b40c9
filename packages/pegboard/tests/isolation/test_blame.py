"""What an isolated plugin raises names the plugin and the line in its own code, as if that had run here."""

import pytest

from pegboard.boundary import call_plugin, location_in, to_import_error
from pegboard.errors import PluginCallError, PluginProcessDiedError, RemoteError
from pegboard.ledger import ISOLATED, Distribution, Plugin

TRACEBACK = """Traceback (most recent call last):
  File "/env/site-packages/pegboard/boundary.py", line 79, in run_as
    result = function(*args, **kwargs)
  File "/env/site-packages/app/plugins/csv/__init__.py", line 3, in save
    write(rows)
  File "/env/site-packages/app/plugins/csv/writing.py", line 12, in write
    text = codecs.encode(rows)
  File "/usr/lib/python3.11/codecs.py", line 7, in encode
ValueError: no rows
"""


@pytest.fixture
def plugin():
    made = Plugin("csv", "app.plugins.csv", source=ISOLATED, origin="/env/site-packages/app/plugins/csv/__init__.py")
    made.distribution = Distribution("acme-csv", "1.2")
    return made


def remote(name="Odd", module="acme_csv", traceback=TRACEBACK):
    return RemoteError("plugin 'csv' of acme-csv 1.2", module, name, "no rows", traceback)


def raised(plugin, error, cause=None):
    def fail():
        raise error from cause

    with pytest.raises(PluginCallError) as caught:
        call_plugin(plugin, "calling 'csv' of 'exporters'", fail)
    return caught.value


def test_an_exception_of_a_class_that_only_the_plugin_has(plugin):
    error = raised(plugin, remote())
    assert (error.plugin, error.distribution, error.cause) == ("csv", "acme-csv 1.2", "Odd: no rows")
    assert error.place == "/env/site-packages/app/plugins/csv/writing.py:12"
    assert isinstance(error.__cause__, RemoteError)


def test_an_exception_that_both_sides_have(plugin):
    error = raised(plugin, ValueError("no rows"), remote("ValueError", "builtins"))
    assert (error.cause, error.place) == ("ValueError: no rows", "/env/site-packages/app/plugins/csv/writing.py:12")


def test_one_that_ran_no_code_of_the_plugin(plugin):
    error = raised(plugin, remote(traceback="Odd: no rows\n"))
    assert error.place == plugin.origin


def test_the_death_of_its_process_says_who_it_was_already(plugin):
    death = PluginProcessDiedError("csv", "acme-csv 1.2", "it was killed by SIGSEGV")
    with pytest.raises(PluginProcessDiedError) as caught:
        call_plugin(plugin, "calling", lambda: (_ for _ in ()).throw(death).__next__())
    assert caught.value is death


def test_a_failed_import(plugin):
    error = to_import_error(plugin, remote("Odd"), "APP", lambda _: None)
    assert (error.cause, error.place) == ("Odd: no rows", "/env/site-packages/app/plugins/csv/writing.py:12")


def test_the_text_of_a_traceback_counts_for_isolated_plugins_only(plugin):
    plugin.source = "namespace"
    assert location_in(plugin, remote()) == plugin.origin
    assert remote().place_in("app.plugins.cs") is None
    assert remote().place_in("app.plugins.csv.writing").endswith("writing.py:12")
