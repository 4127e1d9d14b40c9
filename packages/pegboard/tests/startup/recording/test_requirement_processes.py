"""A plugin that lacks something costs no start anything until what it lacks is there; it is reported at each."""

from __future__ import annotations

import pytest

# else the half second that a start has for judging may be too short on a busy machine
pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

STEP = "result['names'] = things.names(); result['state'] = host.plugin('b').state"


def lacking(application, text="import lacking_module\n", **others):
    application.plugin("a")
    application.plugin("b", text)
    for name, other in others.items():
        application.plugin(name, other)
    application.settle()
    first = application.run(STEP)
    assert (first["names"][0], first["state"]) == ("t-a", "broken")
    assert first.stderr.count("'b' could not be imported") == 1
    return first


def test_it_is_reported_at_each_start_and_imported_at_none(application):
    first = lacking(application)
    eager = application.run(STEP, APP_PLUGINS_LAZY="0")
    for _ in range(2):
        run = application.run(STEP)
        assert (run.result, run.stderr, run.imported) == (eager.result, eager.stderr, [])
    assert first.stderr == eager.stderr
    step = "host.start(); result['why'] = [host.plugin('b').reason, str(host.plugin('b').error), repr(host.problems)]"
    assert application.run(step).result == application.run(step, APP_PLUGINS_LAZY="0").result


MENDS = {
    "the module, beside the application": lambda application: application.write("lacking_module.py", ""),
    "the module, as a package": lambda application: application.write("lacking_module/__init__.py", ""),
    "the plugin's own file": lambda application: application.plugin("b", "# it needs nothing now\n"),
}


@pytest.mark.parametrize("mend", MENDS.values(), ids=MENDS)
def test_it_is_tried_again_when_what_it_lacks_is_there(application, mend):
    lacking(application)
    mend(application)
    for _ in range(2):
        run = application.run(STEP, "result['b'] = things['t-b']")
        assert (run["names"], run["b"], run.stderr) == (["t-a", "t-b"], "b", "")
    assert application.names().imported == []


def test_it_is_tried_again_when_the_library_that_lacked_it_changes(application):
    application.write("library/__init__.py", "import lacking_module\n")
    lacking(application, "import library\n")
    assert application.run(STEP).imported == []
    application.write("library/__init__.py", "")
    assert application.run(STEP)["names"] == ["t-a", "t-b"]


def test_it_is_tried_again_when_a_variable_changes_that_it_read(application):
    lacking(application, "import os\nif os.environ.get('WANTS', '1') == '1': import lacking_module\n")
    assert application.run(STEP).imported == []
    assert application.run(STEP, WANTS="0")["names"] == ["t-a", "t-b"]


def test_a_plugin_that_needs_a_disabled_one_is_tried_again_when_that_is_enabled(application):
    application.plugin("c")
    configuration = application.home / ".config/app/plugins.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("[plugins.c]\nenabled = false\n")
    lacking(application, "import app.plugins.c\n")
    assert application.run(STEP).imported == []
    configuration.write_text("")
    run = application.run(STEP)
    assert (run["names"], run.stderr) == (["t-a", "t-b", "t-c"], "")


def test_a_plugin_that_needs_one_that_is_not_installed_is_tried_again_when_it_is(application):
    lacking(application, "import app.plugins.c\n")
    assert application.run(STEP).imported == []
    application.plugin("c")
    assert application.run(STEP)["names"] == ["t-a", "t-b", "t-c"]


def test_who_imports_it_gets_what_it_raises(application):
    lacking(application)
    step = """
try: import app.plugins.b
except ModuleNotFoundError as error: result['name'] = error.name
result['states'] = [plugin.state for plugin in host.plugins]
"""
    eager = application.run("things.names()", step, APP_PLUGINS_LAZY="0")
    warm = application.run("things.names()", step)
    assert (warm["name"], warm["states"][1]) == (eager["name"], eager["states"][1]) == ("lacking_module", "broken")
    assert warm.stderr == eager.stderr


@pytest.mark.parametrize(
    "text",
    [
        "raise ConnectionError('no net')\n",
        "import os\nos.environ['CHANGED'] = '1'\nimport lacking_module\n",
        "raise ModuleNotFoundError('no reason', name='json')\n",
        "list(api.things)\nimport lacking_module\n",
    ],
)
def test_what_fails_for_another_reason_or_has_effects_is_tried_at_each_start(application, text):
    first = lacking(application, text)
    for _ in range(2):
        run = application.run(STEP)
        assert (run.result, run.stderr) == (first.result, first.stderr)
        assert run.imported == ["b"]
