"""A plugin is eager until it has been judged, and judging gets a limited time in each start."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

BUDGET = "import math\nhost.manager.configure(judging_s={})\n"
STATES = "host.start(); result['states'] = {plugin.name: plugin.state for plugin in host.plugins}"
REASONS = "result['reasons'] = {plugin.name: plugin.reason for plugin in host.plugins if plugin.reason}"
NOT_JUDGED = "it has not been judged yet"


@pytest.fixture
def waiting(application):
    """Five plugins, of which each start judges one."""
    for name in "abcde":
        application.plugin(name)
    application.settle()
    return application


def start(application, *steps, judging_s="0"):
    return application.run(BUDGET.format(judging_s), STATES, REASONS, *steps)


def lazy(run):
    return sorted(name for name, state in run["states"].items() if state == "primed")


def test_each_start_judges_at_least_one_and_imports_the_others(waiting):
    for judged in range(5):
        run = start(waiting)
        assert (lazy(run), run.imported) == (list("abcde"[:judged]), list("abcde"[judged:]))
        assert run["reasons"] == dict.fromkeys("abcde"[judged + 1 :], NOT_JUDGED)
    assert start(waiting).imported == []


def test_a_start_without_a_limit_judges_all(waiting):
    start(waiting, judging_s="math.inf")
    assert start(waiting).imported == []


@pytest.mark.parametrize(
    ("said", "waiting_still"),
    [("inf", ""), ("60", ""), ("0", "bcde"), ("-1", "bcde"), ("nan", "bcde"), ("much", "bcde")],
)
def test_the_user_may_say_how_long_a_start_may_judge(waiting, said, waiting_still):
    waiting.run(BUDGET.format(0), STATES, APP_PLUGINS_JUDGING_S=said)
    assert start(waiting).imported == list(waiting_still)


def test_what_was_used_most_is_judged_first(waiting):
    start(waiting, "things['t-d']")  # judges a
    start(waiting, "things['t-d']; things['t-e']")  # judges d
    run = start(waiting)
    assert lazy(run) == ["a", "d"]
    assert lazy(start(waiting)) == ["a", "d", "e"]


def test_index_build_judges_all(waiting):
    build = "from pegboard.cli import manage; result['status'] = manage(host, ['index', 'build'], prog='app plugins')"
    assert waiting.run(BUDGET.format(0), build)["status"] == 0
    assert start(waiting).imported == []


@pytest.mark.parametrize("command", [["list", "--long"], ["why", "e"], ["info", "e"], ["index", "show"]])
def test_commands_say_that_a_plugin_waits(waiting, command):
    start(waiting)
    text = f"from pegboard.cli import manage; manage(host, {json.dumps(command)}, prog='app plugins')"
    assert NOT_JUDGED in waiting.process(BUDGET.format(0), text).stdout


def test_a_verdict_outlives_the_index(waiting):
    start(waiting, judging_s="math.inf")
    waiting.index.unlink()
    run = start(waiting)
    assert run.imported == list("abcde")
    assert start(waiting).imported == []


def test_a_verdict_does_not_outlive_a_change_of_the_plugin(waiting):
    start(waiting, judging_s="math.inf")
    waiting.index.unlink()
    for name in "bd":
        waiting.plugin(name, "import json\n")
    waiting.settle()
    start(waiting)  # judges b
    assert start(waiting).imported == ["d"]
    assert start(waiting).imported == []


def test_clearing_the_index_forgets_the_verdicts(waiting):
    start(waiting, judging_s="math.inf")
    waiting.run("from pegboard.cli import manage; manage(host, ['index', 'clear'], prog='app plugins')")
    start(waiting)
    assert start(waiting).imported == list("bcde")


def test_what_the_author_or_the_user_makes_eager_is_not_waited_for(application):
    application.plugin("a", "declare(eager=True)\n")
    application.plugin("b")
    application.settle()
    for _ in range(2):
        start(application)
    run = start(application)
    assert (run.imported, lazy(run)) == (["a"], ["b"])


def test_an_eager_plugin_is_not_judged_again(application):
    application.plugin("a", "import atexit; atexit.register(len, '')\n")
    application.plugin("b")
    application.plugin("c")
    application.settle()
    for imported in (["a", "b", "c"], ["a", "b", "c"], ["a", "c"], ["a"]):
        run = start(application)
        assert run.imported == imported


def test_a_plugin_that_another_one_imports_is_judged_too(application):
    application.plugin("a", "import app.plugins.c\n")
    application.plugin("b")
    application.plugin("c", "import atexit; atexit.register(len, '')\n")
    application.settle()
    start(application, judging_s="math.inf")
    run = start(application)
    assert (run.imported, lazy(run)) == (["c"], ["a", "b"])
    assert "exit handler" in run["reasons"]["c"]


def test_nothing_is_judged_where_no_verdict_can_be_kept(waiting):
    (waiting.home / ".cache").write_text("a file where the folder should be")
    run = start(waiting, judging_s="math.inf")
    assert (run.imported, run["reasons"]) == (list("abcde"), dict.fromkeys("abcde", NOT_JUDGED))


def test_commands_show_what_an_author_overrules(application):
    application.write("lib.py", "HOOKS = []\n")
    application.plugin("a", "declare(eager=False)\nimport lib\nlib.HOOKS.append(1)\n")
    application.settle()
    start(application, judging_s="math.inf")
    assert lazy(start(application)) == ["a"]
    listing = "from pegboard.cli import manage; manage(host, ['list', '--long'], prog='app plugins')"
    assert (
        "its author says it may be lazy, although its import changes lib.HOOKS" in application.process(listing).stdout
    )


def test_a_tuple_that_is_being_made_may_start_the_application(waiting):
    """Its places are empty as long as nothing has been put into them, and it is in the list of all objects."""
    first = "result['names'] = tuple(name for name in things)"  # which starts the application
    assert waiting.run(BUDGET.format("math.inf"), first)["names"] == [f"t-{name}" for name in "abcde"]
