"""A pluggy application on Pegboard: its plugins are unchanged, and are imported when a hook needs them."""

import textwrap

import pytest
from support.processes import TRACE

pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

API = """
import click, pluggy
from pegboard import Host
from pegboard.adapters.click import Commands
from pegboard.adapters.pluggy import PluginManager

host = Host("app", namespace="", entry_points="app", folder="")
things = host.registry("things")
hookspec, hookimpl = pluggy.HookspecMarker("app"), pluggy.HookimplMarker("app")

class Specs:
    @hookspec
    def greet(self, name, polite): ...
    @hookspec(firstresult=True)
    def first(self, name): ...
    @hookspec
    def register_commands(self, cli): ...
    @hookspec(historic=True)
    def started(self, when): ...

@click.group()
def cli(): "The application."

@cli.command()
def prompt(): "Ask."

def manager(**options):
    options.setdefault("replay", {"register_commands": Commands("cli", lambda: cli)})
    pm = PluginManager("app", host, **options)
    pm.add_hookspecs(Specs)
    return pm
"""

HEAD = TRACE + "import click\nfrom app.api import hookimpl\n"
LOAD = "pm = host.pm = api.manager(); result['count'] = pm.load_setuptools_entrypoints('app'); "


class Pluggy:
    """The application, and what its tests do with it."""

    def __init__(self, application):
        self.application = application
        application.write("app/api.py", API)

    def publish(self, name, text, entry=None, group="app"):
        info = self.application.site / f"acme_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"acme_{name}.py,,\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{entry or f'{name} = acme_{name}'}\n")
        file = self.application.site / f"acme_{name}.py"
        file.write_text(HEAD + text)
        self.application.settle()
        return file

    def run(self, *steps, load=LOAD):
        run = self.application.run(load, *("pm = host.pm\n" + textwrap.dedent(step) for step in steps))
        assert "error" not in run.result, run["error"] + run.stderr
        return run

    def primed(self, step="pass"):
        """Start twice, and return the second run, in which nothing is imported but what *step* needs."""
        self.run()
        return self.run(step)


@pytest.fixture
def app(application):
    return Pluggy(application)


@pytest.fixture
def two(app):
    app.publish("one", "@hookimpl\ndef greet(name):\n    return f'one {name}'\n")
    app.publish("two", "@hookimpl(tryfirst=True)\ndef greet(polite, times=2):\n    return f'two {times} {polite}'\n")
    return app


GREET = "result['said'] = pm.hook.greet(name='Bo', polite=True)"


def test_a_plugin_is_imported_by_the_first_hook_that_it_implements(two):
    two.publish("three", "@hookimpl\ndef first(name):\n    return 'three'\n")
    first = two.run(GREET)
    assert (first["count"], sorted(first.imported)) == (3, ["acme_one", "acme_three", "acme_two"])
    second = two.run("result['none'] = pm.hook.first.get_hookimpls()[0].plugin_name", GREET)
    assert (second["said"], second["said"]) == (first["said"], ["two 2 True", "one Bo"])
    assert (second["count"], sorted(second.imported), second["none"]) == (3, ["acme_one", "acme_two"], "three")
    third = two.run("result['first'] = pm.hook.first(name='Bo')")
    assert (third["first"], third.imported, third.stderr) == ("three", ["acme_three"], "")


def test_pluggy_tells_what_it_knows_without_an_import(two):
    step = """
    result['names'] = sorted(name for name, plugin in pm.list_name_plugin())
    result['hooks'] = [hook.name for hook in pm.get_hookcallers(pm.get_plugin('two'))]
    result['distributions'] = sorted(f'{dist.name} {dist.version}' for _, dist in pm.list_plugin_distributions())
    result['distinfo'] = sorted(dist.project_name for _, dist in pm.list_plugin_distinfo())
    result['is'] = pm.has_plugin('one'), pm.is_registered(pm.get_plugin('one')), pm.get_name(pm.get_plugin('one'))
    impl = pm.hook.greet.get_hookimpls()[-1]
    result['impl'] = impl.plugin_name, impl.argnames, impl.kwargnames, impl.tryfirst
    code = impl.function.__code__
    result['place'] = code.co_filename.rpartition('/')[2], code.co_firstlineno, code.co_name
    result['module'] = impl.plugin.__name__
    """
    two.run(step)
    primed = two.run(step)
    assert primed.result == {
        "count": 2,
        "names": ["one", "two"],
        "hooks": ["greet"],
        "distributions": ["acme-one 1.0", "acme-two 1.0"],
        "distinfo": ["acme-one", "acme-two"],
        "is": [True, True, "one"],
        "impl": ["two", ["polite"], ["times"], True],
        "place": ["acme_two.py", 4, "greet"],
        "module": "acme_two",
    }
    assert primed.imported == []


def test_what_is_not_on_record_is_read_from_the_plugin(two):
    primed = two.primed(
        "plugin = pm.get_plugin('one'); result['file'] = plugin.__file__; result['doc'] = plugin.__doc__"
    )
    assert (primed["file"].rpartition("/")[2], primed["doc"], primed.imported) == ("acme_one.py", None, ["acme_one"])


def test_an_imported_plugin_and_what_stands_for_it_are_one(two):
    primed = two.primed(
        "import acme_one; result['same'] = pm.is_registered(acme_one), pm.get_name(acme_one), pm.unregister(acme_one)"
        ".__name__; " + GREET
    )
    assert (primed["same"], primed["said"]) == ([True, "one", "acme_one"], ["two 2 True"])


def test_blocked_names_are_never_imported(two):
    two.run(
        load="host.pm = pm = api.manager(); pm.set_blocked('one'); result['count'] = pm.load_setuptools_entrypoints('app')"
    )
    run = two.run(
        GREET,
        load="host.pm = pm = api.manager(); pm.set_blocked('one'); result['count'] = pm.load_setuptools_entrypoints('app')",
    )
    assert (run["said"], run.imported, run["count"]) == (["two 2 True"], ["acme_two"], 1)


@pytest.mark.parametrize("names", ["['']", "[' ', '']"])
def test_to_block_an_empty_name_leaves_out_no_plugin(two, names):
    load = f"host.pm = pm = api.manager(); [pm.set_blocked(each) for each in {names}]; pm.load_setuptools_entrypoints('app')"
    for _ in range(2):
        assert two.run(GREET, load=load)["said"] == ["two 2 True", "one Bo"]


def test_one_name_and_other_groups_as_pluggy_has_them(two):
    two.publish("other", "@hookimpl\ndef greet(name):\n    return 'other'\n", group="elsewhere")
    load = "host.pm = pm = api.manager(); result['count'] = [pm.load_setuptools_entrypoints('app', 'two'), pm.load_setuptools_entrypoints('app', 'two'), pm.load_setuptools_entrypoints('elsewhere')]"
    for _ in range(2):
        run = two.run(GREET, load=load)
        assert (run["count"], run["said"]) == ([1, 0, 1], ["two 2 True", "other"])


def test_monitoring_sees_what_is_registered(two):
    primed = two.primed(
        "seen = []; undo = pm.add_hookcall_monitoring(lambda name, impls, kwargs: seen.append((name, len(impls))),"
        "lambda outcome, name, impls, kwargs: seen.append(outcome.get_result())); pm.hook.greet(name='a', polite=1); undo();"
        "pm.hook.greet(name='b', polite=1); result['seen'] = seen"
    )
    assert primed["seen"] == [["greet", 2], ["two 2 1", "one a"]]


def test_a_historic_call_reaches_a_plugin_that_is_registered_later(app):
    app.publish("late", "@hookimpl\ndef started(when):\n    return f'late {when}'\n")
    load = "host.pm = pm = api.manager(); result['said'] = []; pm.hook.started.call_historic(result['said'].append, dict(when=7)); pm.load_setuptools_entrypoints('app')"
    for _ in range(2):
        assert app.run(load=load)["said"] == ["late 7"]


def test_wrappers_and_objects_as_plugins(app):
    app.publish(
        "wrap",
        "@hookimpl(wrapper=True)\ndef greet():\n    result = yield\n    return [*result, 'wrapped']\n"
        "class Old:\n    @hookimpl(hookwrapper=True)\n    def greet(self):\n        outcome = yield\n        outcome.force_result([*outcome.get_result(), 'old'])\n"
        "old = Old()\n",
        entry="wrap = acme_wrap\nold = acme_wrap:old",
    )
    first, second = app.run(GREET), app.run(GREET)
    assert sorted(first["said"]) == sorted(second["said"]) == ["old", "wrapped"]
    assert second.imported == ["acme_wrap"]


# -- several entry points of one module -----------------------------------------------------------------------------------

SHARED = """
@hookimpl
def greet(name): return 'module'
class Half:
    def __init__(self, said): self.said = said
    @hookimpl
    def greet(self, name): return self.said
one, two = Half('one'), Half('two')
three = one
"""
COMPARE = """
import pluggy
def tried(manager):
    manager.add_hookspecs(api.Specs)
    said = []
    def attempt(function):
        try:
            said.append(function())
        except ValueError as error:
            said.append(str(error).partition('=')[0])
    for name in BLOCKED:
        manager.set_blocked(name)
    for name in (*NAMES, None, NAMES[-1]):
        attempt(lambda: manager.load_setuptools_entrypoints('app', name))
        attempt(lambda: sorted(each for each, plugin in manager.list_name_plugin() if plugin))
    attempt(lambda: manager.hook.greet(name=1, polite=2))
    attempt(lambda: manager.unregister(name=NAMES[-1]) is not None)
    attempt(lambda: manager.load_setuptools_entrypoints('app'))
    attempt(lambda: manager.hook.greet(name=1, polite=2))
    return said
result['ours'] = tried(api.PluginManager('app', host))
result['theirs'] = tried(pluggy.PluginManager('app'))
"""


@pytest.mark.parametrize("blocked", [[], ["one"], ["one", "three", "two", "whole"]])
def test_each_entry_point_of_one_module_is_what_it_is_to_pluggy(app, blocked):
    entries = "one = acme_shared:one\ntwo = acme_shared:two\nthree = acme_shared:three\nwhole = acme_shared"
    app.publish("shared", SHARED, entry=entries)
    names = f"NAMES, BLOCKED = ['three', 'whole', 'two'], {blocked}\n"
    for _ in ("recorded", "from the record"):
        run = app.run(load=names + COMPARE)
        assert run["ours"] == run["theirs"]


def test_an_object_that_is_registered_is_registered_once(two):
    two.publish("json", "class Plugin: pass\njson = Plugin()\n", entry="json = acme_json:json")
    step = """
    import acme_one, json
    try:
        pm.register(acme_one)
    except ValueError as error:
        result['said'] = str(error)
    result['is'] = pm.is_registered(json), pm.is_registered(acme_one)
    """
    primed = two.primed(step)
    assert "already registered" in primed["said"]
    assert primed["is"] == [False, True]


def test_calling_a_subset_of_the_plugins(two):
    primed = two.primed(
        "result['said'] = pm.subset_hook_caller('greet', [pm.get_plugin('two')])(name='Bo', polite=True)"
    )
    assert (primed["said"], primed.imported) == (["one Bo"], ["acme_one"])


# -- what a hook adds at every start ------------------------------------------------------------------------------------

COMMANDS = """
@hookimpl
def register_commands(cli):
    @cli.group()
    def boats():
        "Everything about boats."
    @boats.command()
    def show():
        "Show them."
        print("boats!")
    @cli.command(hidden=True)
    def secret():
        "Nobody sees it."
"""
HELP = """
from click.testing import CliRunner
pm.hook.register_commands(cli=api.cli)
def said(*arguments):
    done = CliRunner().invoke(api.cli, arguments, prog_name='app')
    return f'{done.output}{done.exit_code}'
result['help'] = said('--help')
"""


def test_commands_are_there_without_an_import_and_run_with_one(app):
    app.publish("boats", COMMANDS)
    first, second = app.run(HELP), app.run(HELP)
    assert "  boats   Everything about boats.\n  prompt  Ask.\n0" in first["help"]
    assert "secret" not in first["help"]
    assert (second["help"], second.imported) == (first["help"], [])
    third = app.run(HELP + "result['show'] = said('boats', 'show')")
    assert (third["show"], third.imported) == ("boats!\n0", ["acme_boats"])


def test_a_plugin_that_reads_the_applications_commands_sees_the_real_ones(app):
    text = """
    @hookimpl
    def register_commands(cli):
        original = cli.commands["prompt"]
        cli.add_command(click.Command("ask", help=original.help.upper(), callback=lambda: print(sorted(cli.commands))))
    """
    app.publish("copy", textwrap.dedent(text))
    app.publish("boats", COMMANDS)
    for _ in range(2):
        run = app.run(HELP + "result['ask'] = said('ask')")
        assert "  ask     ASK." in run["help"]
        assert run["ask"] == "['ask', 'boats', 'prompt', 'secret']\n0"


@pytest.mark.parametrize("does", ["cli.help = 'mine'", "del cli.commands['prompt']"])
def test_what_cannot_be_recorded_is_done_at_every_start(app, does):
    app.publish("odd", f"@hookimpl\ndef register_commands(cli):\n    {does}\n")
    first, second = app.run(HELP), app.run(HELP)
    assert second["help"] == first["help"]
    assert ("mine" in first["help"]) is ("help" in does)
    assert ("prompt" in first["help"]) is ("help" in does)
    assert second.imported == ["acme_odd"]


def test_a_command_whose_plugin_fails_says_so_in_one_line(app):
    file = app.publish(
        "boats", "import os\nif os.path.exists(__file__ + '.flag'): raise OSError('no net')\n" + COMMANDS
    )
    app.primed()
    file.with_name(file.name + ".flag").write_text("")
    run = app.run(HELP + "result['show'] = said('boats', 'show')")
    assert "boats   Everything" in run["help"]
    assert (
        "\nError: plugin 'boats' of acme-boats 1.0 could not be imported and is left out: OSError: no net"
        in run["show"]
    )
    assert run["show"].endswith("\n1")
    assert "Traceback" not in run.stderr


# -- faults -------------------------------------------------------------------------------------------------------------


def test_a_plugin_whose_import_fails_is_absent_and_named_once(two):
    two.primed()
    (two.application.site / "acme_one.py").write_text(HEAD + "1/0\n")
    two.application.settle()
    run = two.run(GREET, GREET)
    assert run["said"] == ["two 2 True"]
    assert run.stderr.count("plugin 'one' of acme-one 1.0") == 1


def test_a_plugin_whose_import_fails_when_a_hook_needs_it(two):
    file = two.publish(
        "flaky",
        "import os\nif os.path.exists(__file__ + '.flag'): raise OSError('no net')\n@hookimpl(wrapper=True)\ndef greet():\n    return (yield) + ['flaky']\n@hookimpl\ndef first(name):\n    return 'flaky'\n",
    )
    two.primed()
    file.with_name(file.name + ".flag").write_text("")
    run = two.run(GREET, "result['first'] = pm.hook.first(name='a'); result['there'] = pm.has_plugin('flaky')")
    assert (run["said"], run["first"], run["there"]) == (["two 2 True", "one Bo"], None, False)
    assert run.stderr.count("plugin 'flaky' of acme-flaky 1.0") == 1


def test_a_failing_import_can_be_raised(app):
    file = app.publish(
        "flaky",
        "import os\nif os.path.exists(__file__ + '.flag'): raise OSError('no net')\n@hookimpl\ndef first(name):\n    return 1\n",
    )
    app.primed()
    file.with_name(file.name + ".flag").write_text("")
    load = "pm = host.pm = api.manager(faults='raise'); pm.load_setuptools_entrypoints('app')"
    run = app.application.run(load, "host.pm.hook.first(name='a')")
    assert run["error"].startswith("PluginImportError: plugin 'flaky' of acme-flaky 1.0 could not be imported")


FAILS = "@hookimpl\ndef greet(name):\n    raise KeyError(name)\n"
CATCH = """
try:
    result['said'] = pm.hook.greet(name='Bo', polite=True)
except KeyError as error:
    result['caught'] = str(error), error.__notes__
"""


def test_an_exception_of_an_implementation_passes_and_names_the_plugin(two):
    two.publish("fails", FAILS)
    for _ in range(2):
        run = two.run(CATCH)
        assert run["caught"] == ["'Bo'", ["plugin 'fails' of acme-fails 1.0 raised this while running hook 'greet'"]]


def test_an_exception_can_be_contained(two):
    two.publish("fails", FAILS)
    two.run()
    run = two.run(CATCH, load="pm = host.pm = api.manager(faults='contain'); pm.load_setuptools_entrypoints('app')")
    assert run["said"] == ["two 2 True", "one Bo"]
    assert "plugin 'fails' of acme-fails 1.0 failed while running hook 'greet': KeyError: 'Bo'" in run.stderr


def test_hooks_that_do_not_fit_their_specification_are_told(two):
    two.publish("odd", "@hookimpl\ndef greet(nmae):\n    return 1\n")
    for _ in range(2):
        run = two.run(GREET)
        assert run["said"] == ["two 2 True", "one Bo"]
        assert run.stderr.count("plugin 'odd' of acme-odd 1.0 failed while registering its hooks") == 1


def test_a_faults_policy_that_there_is_not(app):
    assert "faults is 'ignore'" in app.application.run("api.manager(faults='ignore')")["error"]


# -- a running process --------------------------------------------------------------------------------------------------


def test_disabling_and_reloading_reach_pluggy(two):
    step = f"""
    import pathlib
    host.disable('two')
    {GREET}
    file = pathlib.Path(pm.get_plugin('one').__file__)
    file.write_text(file.read_text().replace('one ', 'new '))
    host.reload('one')
    result['new'] = pm.hook.greet(name='Bo', polite=True)
    """
    two.run()
    run = two.run("pm.hook.greet(name='a', polite=0)", step)
    assert (run["said"], run["new"]) == (["one Bo"], ["new Bo"])
