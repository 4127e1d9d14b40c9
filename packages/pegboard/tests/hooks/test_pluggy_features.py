"""Each row of the table in `docs/explanation/hooks-and-pluggy.md` is true: what pluggy documents, and what it is here."""

from __future__ import annotations

import inspect
import re
import warnings
from pathlib import Path

import pluggy
import pytest

from pegboard.errors import HookDeprecatedError, HookNotFoundError, ImplementationError, PluginCallError

PAGE = Path(__file__).parents[4] / "docs/explanation/hooks-and-pluggy.md"
ROWS = [row for row in re.findall(r"^\| (.+?) \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE) if row != "pluggy"]
SHOWN: list[str] = []

DECLARATIONS = """
log = []

def declare(host):
    hooks = host.hooks

    @hooks.notify
    def saved(document: str, by: str = "nobody") -> None: ...
    @hooks.notify(announced=True)
    def opened(window: str) -> None: ...
    @hooks.collect
    def suggestions(document: str) -> object: raise NotImplementedError
    @hooks.collect(faults="raise")
    def answers(document: str) -> object: raise NotImplementedError
    @hooks.first
    def reader(path: str) -> object: raise NotImplementedError

    for hook in hooks:
        globals()[hook.name] = hook.implement
    globals()["former"] = hooks["suggestions"].renamed_from("former")
    globals()["closed"] = hooks.ended("closed", since="2.0", instead="implement saved")

    @hooks["saved"].as_published
    def old_saved(document: str) -> None: ...
    globals()["old_saved"] = old_saved
"""


class Editor:
    """An application with hooks: `plugin` writes a plugin of it, `start` starts it."""

    def __init__(self, live):
        self._live = live
        self.reports = live.reports
        live.tree.write("app/api.py", DECLARATIONS)

    def plugin(self, name, text):
        self._live.plugin(name, text)

    def distribution(self, name, files):
        self._live.distribution(name, files)

    def start(self, **options):
        self.host = self._live.start(**options)
        self._live.api.declare(self.host)
        self.log = self._live.api.log
        self.hooks = self.host.hooks
        return self.hooks

    def names(self):
        return [plugin.name for plugin in self.host.plugins]


@pytest.fixture
def editor(live_application):
    return Editor(live_application)


def shows(row):
    """Say which row of the table a test shows to be true."""

    def noted(test):
        SHOWN.append(row)
        return test

    return noted


def test_each_row_of_the_table_has_a_test():
    assert sorted(SHOWN) == sorted(ROWS)


def test_each_name_of_pluggy_is_in_the_table():
    table = " ".join(ROWS)
    options = {*pluggy.HookspecOpts.__annotations__, *pluggy.HookimplOpts.__annotations__}
    methods = {
        name
        for kind in (pluggy.PluginManager, pluggy.HookCaller, pluggy.Result)
        for name, value in inspect.getmembers(kind)
        if not name.startswith("_") and (callable(value) or isinstance(value, property))
    }
    own = {name for name in pluggy.__all__ if isinstance(getattr(pluggy, name), type)}
    internal = {"HookspecOpts", "HookimplOpts", "HookImpl", "HookRelay"}  # nobody makes one
    shown = {word for code in re.findall(r"`([^`]+)`", table) for word in re.findall(r"\w+", code)}
    assert sorted((options | methods | own - internal) - shown) == []


# -- declaring --------------------------------------------------------------------------------------------------------


@shows("`HookspecMarker`, `add_hookspecs`, `set_specification`, `spec`, `name`")
def test_a_decorator_declares(editor):
    hooks = editor.start()

    @hooks.collect
    def titles(document: str) -> object:
        raise NotImplementedError

    assert (titles.name, titles.declaration.__name__, hooks["titles"] is titles) == ("titles", "titles", True)
    titles.implement(lambda document: document.title())
    assert titles("a b") == ["A B"]


@shows("`has_spec`, hooks without a specification")
def test_what_is_not_declared_is_not_implemented(editor):
    editor.plugin("a", "@api.sugestions\ndef f(document): return 1")
    hooks = editor.start()
    assert ("suggestions" in hooks, "sugestions" in hooks) == (True, False)
    with pytest.raises(HookNotFoundError, match="did you mean 'suggestions'"):
        hooks["sugestions"]
    assert hooks["suggestions"]("d") == []
    assert "sugestions" in str(editor.reports[0])


@shows("`firstresult`")
def test_first(editor):
    for name, result in (("a", None), ("b", "'b'"), ("c", "api.log.append(1)")):
        editor.plugin(name, f"@api.reader\ndef f(path): return {result}")
    hooks = editor.start()
    assert (hooks["reader"]("x"), editor.log) == ("b", [])


@shows("`historic`, `is_historic`, `call_historic`")
def test_announced(editor):
    hooks = editor.start()
    hooks["opened"]("first")
    assert (hooks["opened"].announced is None, hooks["saved"].announced is None) == (False, True)
    editor.plugin("a", "@api.opened\ndef f(window): api.log.append(window)")
    editor.host.rescan()
    hooks["opened"]("second")
    assert editor.log == ["first", "second"]


@shows("`warn_on_impl`")
def test_a_hook_is_renamed_or_ended(editor):
    editor.plugin("a", "@api.former\ndef f(document): return 1\n@api.closed\ndef g(anything): ...")
    hooks = editor.start()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert hooks["suggestions"]("d") == [1]
    said = [each.summary() for each in editor.host.problems if isinstance(each, HookDeprecatedError)]
    assert len(said) == len([each for each in warned if each.category is DeprecationWarning]) == 2
    assert "is called 'suggestions' now" in said[0]
    assert "is not called any more, since 2.0" in said[1]


@shows("`warn_on_impl_args`")
def test_a_parameter_is_kept_for_those_who_know_it(editor):
    editor.plugin("a", "@api.old_saved\ndef f(document): api.log.append(document)")
    editor.plugin("b", "@api.saved\ndef f(document, by): api.log.append((document, by))")
    hooks = editor.start()
    hooks["saved"]("d", by="ada")
    assert (editor.log, editor.reports) == (["d", ("d", "ada")], [])


# -- implementing -----------------------------------------------------------------------------------------------------


@shows("`HookimplMarker`, `specname`")
def test_an_implementation_has_any_name(editor):
    editor.plugin("a", "@api.suggestions\n@api.answers\ndef anything(document): return document")
    hooks = editor.start()
    assert (hooks["suggestions"]("d"), hooks["answers"]("e")) == (["d"], ["e"])


@shows("fewer arguments")
def test_an_implementation_takes_what_it_needs(editor):
    editor.plugin("a", "@api.saved\ndef f(by): api.log.append(by)\n@api.saved\ndef g(): api.log.append(0)")
    hooks = editor.start()
    hooks["saved"]("d", "ada")
    assert editor.log == ["ada", 0]


@shows("`tryfirst`, `trylast`")
def test_an_implementation_comes_early_or_late(editor):
    editor.plugin("a", "@api.suggestions.ordered('late')\ndef f(document): return 'a'")
    editor.plugin("b", "@api.suggestions\ndef f(document): return 'b'")
    editor.plugin("c", "@api.suggestions.ordered(before=['b'])\ndef f(document): return 'c'")
    editor.plugin("d", "@api.suggestions.ordered('early')\ndef f(document): return 'd'")
    assert editor.start()["suggestions"]("x") == ["d", "c", "b", "a"]


@shows("`wrapper`")
def test_a_wrapper_gets_the_result_and_returns_another(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 1")
    editor.plugin("b", "@api.suggestions.wrapper\ndef g(document):\n    result = yield\n    return [*result, document]")
    assert editor.start()["suggestions"]("d") == [1, "d"]


@shows("`hookwrapper`")
def test_a_wrapper_returns(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 1")
    editor.plugin("b", "@api.suggestions.wrapper\ndef g(document):\n    outcome = yield\n    outcome.get_result()")
    hooks = editor.start()
    assert hooks["suggestions"]("d") == [1]
    assert "'list' object has no attribute 'get_result'" in str(editor.reports[0])


@shows("`Result`: `from_call`, `get_result`, `force_result`, `exception`, `excinfo`, `force_exception`")
def test_a_wrapper_turns_errors_into_results_and_results_into_errors(editor):
    editor.plugin("a", "@api.answers\ndef f(document): raise KeyError(document)")
    editor.plugin(
        "b",
        "@api.answers.wrapper\n"
        "def g(document):\n"
        "    try:\n"
        "        yield\n"
        "    except Exception as error:\n"
        "        if document == 'other':\n"
        "            raise ValueError('another') from error\n"
        "        return [type(error.__cause__).__name__]\n",
    )
    hooks = editor.start()
    assert hooks["answers"]("d") == ["KeyError"]
    with pytest.raises(PluginCallError, match=r"'b'[\s\S]*another"):
        hooks["answers"]("other")


@shows("`optionalhook`")
def test_a_plugin_asks_whether_the_api_has_a_hook(editor):
    editor.plugin(
        "a",
        "def f(document): return 1\n"
        "for name in ('suggestions', 'not_in_this_version'):\n"
        "    if hasattr(api, name): getattr(api, name)(f)\n",
    )
    hooks = editor.start()
    assert (hooks["suggestions"]("d"), editor.reports) == ([1], [])


@shows("`PluginValidationError`, `check_pending`")
def test_what_does_not_fit_is_refused_when_it_is_registered(editor):
    editor.plugin("a", "@api.suggestions\ndef f(documnet): return 1")
    hooks = editor.start()
    assert hooks["suggestions"]("d") == []
    (report,) = editor.reports
    assert isinstance(report.__cause__, ImplementationError)
    assert "did you mean 'document'?" in str(report.__cause__)


@shows("plugins that are classes or objects")
def test_any_callable_implements(editor):
    editor.plugin(
        "a",
        "from functools import partial\n"
        "class Plugin:\n"
        "    def method(self, document): return 'method'\n"
        "    def __call__(self, document): return 'object'\n"
        "def f(document, more): return more\n"
        "for each in (Plugin().method, Plugin(), partial(f, more='partial')): api.suggestions(each)\n",
    )
    assert editor.start()["suggestions"]("d") == ["method", "object", "partial"]


# -- calling ----------------------------------------------------------------------------------------------------------


@shows("`HookCaller`: named arguments only")
def test_a_call_is_that_of_the_declaration(editor):
    editor.plugin("a", "@api.saved\ndef f(document, by): api.log.append((document, by))")
    hooks = editor.start()
    hooks["saved"]("d")
    hooks["saved"](by="ada", document="e")
    assert editor.log == [("d", "nobody"), ("e", "ada")]


@shows("`HookCallError`")
def test_a_wrong_call_blames_no_plugin(editor):
    editor.plugin("a", "@api.saved\ndef f(document): api.log.append(document)")
    hooks = editor.start()
    with pytest.raises(TypeError, match="the hook 'saved' cannot be called so: missing a required argument"):
        hooks["saved"](by="ada")
    assert (editor.log, editor.reports) == ([], [])


@shows("results: a list without None, the last registered first")
def test_results_come_in_the_order_of_plugins(editor):
    for name, result in (("a", "1"), ("b", "None"), ("c", "[]")):
        editor.plugin(name, f"@api.suggestions\ndef f(document): return {result}")
    assert editor.start()["suggestions"]("d") == [1, []]


@shows("an exception ends the call")
def test_an_exception_is_contained_unless_the_hook_says_otherwise(editor):
    editor.plugin("a", "@api.suggestions\n@api.answers\ndef f(document): raise ValueError('no')")
    editor.plugin("b", "@api.suggestions\n@api.answers\ndef f(document): return 2")
    hooks = editor.start()
    assert hooks["suggestions"]("d") == [2]
    assert editor.reports[0].plugin == "a"
    with pytest.raises(PluginCallError, match="plugin 'a' failed"):
        hooks["answers"]("d")


@shows("`call_extra`")
def test_a_call_is_answered_by_another_function(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 1")
    hooks = editor.start()
    with hooks["suggestions"].override(lambda document: document):
        assert hooks["suggestions"]("d") == ["d"]
    assert hooks["suggestions"]("d") == [1]


@shows("`subset_hook_caller`")
def test_a_part_of_the_plugins_is_called(editor):
    for name in "abc":
        editor.plugin(name, f"@api.suggestions\ndef f(document): return {name!r}")
    hooks = editor.start()
    assert hooks["suggestions"].without("b", editor.host.plugin("c"))("d") == ["a"]
    assert hooks["suggestions"]("d") == ["a", "b", "c"]


@shows("calls within calls, and registering during a call")
def test_a_call_goes_on_with_what_it_began_with(editor):
    editor.plugin(
        "a",
        "@api.saved\n"
        "def f(document):\n"
        "    api.log.append(document)\n"
        "    if document == 'outer':\n"
        "        api.saved.hook('inner')\n"
        "        api.saved.hook.implement(lambda document: api.log.append('late'))\n",
    )
    hooks = editor.start()
    hooks["saved"]("outer")
    assert editor.log == ["outer", "inner"]
    hooks["saved"]("next")
    assert sorted(editor.log[2:]) == ["late", "next"]


# -- plugins ----------------------------------------------------------------------------------------------------------


@shows("`PluginManager`: the name of the project")
def test_hooks_belong_to_a_host(editor, tmp_path):
    from pegboard import Host

    hooks = editor.start()
    other = Host("acme_other", config_directory=tmp_path / "other", cache_directory=tmp_path / "cache", environ={})
    assert ("suggestions" in hooks, "suggestions" in other.hooks) == (True, False)


@shows("`register`")
def test_a_module_registers_itself(editor):
    hooks = editor.start()
    hooks["suggestions"].implement(lambda document: "the application's own")
    editor.plugin("a", "@api.suggestions\ndef f(document): return 'a'")
    assert hooks["suggestions"]("d") == ["the application's own", "a"]


@shows("`unregister`")
def test_a_plugin_is_disabled(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 'a'")
    hooks = editor.start()
    assert hooks["suggestions"]("d") == ["a"]
    editor.host.disable("a")
    assert hooks["suggestions"]("d") == []
    editor.host.enable("a")
    assert hooks["suggestions"]("d") == ["a"]


@shows("`set_blocked`, `is_blocked`, `unblock`")
def test_a_plugin_is_left_out(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 'a'")
    hooks = editor.start()
    editor.host.leave_out(["a"])
    assert (hooks["suggestions"]("d"), editor.host.plugin("a").state) == ([], "disabled")


@shows(
    "`get_plugin`, `get_plugins`, `has_plugin`, `is_registered`, `get_name`, `get_canonical_name`, `list_name_plugin`"
)
def test_plugins_have_names(editor):
    editor.plugin("a", "")
    editor.start()
    assert (editor.names(), editor.host.plugin("a").name) == (["a"], "a")
    with pytest.raises(LookupError):
        editor.host.plugin("b")


@shows("`get_hookcallers`, `get_hookimpls`")
def test_it_is_known_who_implements_what(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 'a'")
    editor.plugin("b", "@api.suggestions.wrapper\ndef g(document): return (yield)")
    hooks = editor.start()
    found = editor.host.explain(hooks["suggestions"]).implementations
    assert (editor.host.is_implemented("suggestions"), editor.host.is_implemented("saved")) == (True, False)
    assert {(each.plugin, each.name, each.role) for each in found} == {
        ("a", "app.plugins.a:f", "implementation"),
        ("b", "app.plugins.b:g", "wrapper"),
    }


@shows("`load_setuptools_entrypoints`, `list_plugin_distinfo`, `list_plugin_distributions`")
def test_plugins_of_distributions_are_found(editor):
    module = "from app import api\n@api.suggestions\ndef f(document): return 'installed'\n"
    editor.distribution("acme-a", {"app/plugins/a.py": module})
    hooks = editor.start()
    assert hooks["suggestions"]("d") == ["installed"]
    assert editor.host.plugin("a").distribution.name == "acme-a"


@shows("`parse_hookspec_opts`, `parse_hookimpl_opts`")
def test_an_adapter_implements_hooks_for_modules_that_know_no_api(editor):
    hooks = editor.start()

    @editor.host.adapt
    def conventions(plugin, module, entry_points):
        for name, value in vars(module).items():
            if name.startswith("suggest_"):
                hooks["suggestions"].implement(value)

    editor.plugin("a", "def suggest_it(document): return 'by its name'")
    assert hooks["suggestions"]("d") == ["by its name"]


@shows("`add_hookcall_monitoring`")
def test_a_monitor_is_told_of_each_answer(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 1")
    editor.plugin("b", "@api.suggestions\ndef f(document): raise ValueError")
    hooks = editor.start()
    answers = []
    with hooks.monitor(answers.append):
        hooks["suggestions"]("d")
    assert [(each.plugin.name, each.result, type(each.error)) for each in answers] == [
        ("a", 1, type(None)),
        ("b", None, ValueError),
    ]
    assert all(each.hook is hooks["suggestions"] and each.seconds >= 0 for each in answers)


@shows("`enable_tracing`")
def test_a_monitor_of_all_hooks_traces(editor):
    editor.plugin("a", "@api.suggestions\n@api.saved\ndef f(document): return 1")
    hooks = editor.start()
    lines = []
    with hooks.monitor(lambda answer: lines.append(f"{answer.plugin.name}: {answer.hook.name} -> {answer.result}")):
        hooks["suggestions"]("d")
        hooks["saved"]("d")
    assert lines == ["a: suggestions -> 1", "a: saved -> 1"]


@shows("`PluggyWarning`, `PluggyTeardownRaisedWarning`")
def test_a_wrapper_that_fails_is_named(editor):
    editor.plugin("a", "@api.suggestions\ndef f(document): return 1")
    editor.plugin("b", "@api.suggestions.wrapper\ndef g(document):\n    yield\n    raise ValueError('after')")
    hooks = editor.start()
    assert hooks["suggestions"]("d") == [1]
    assert editor.reports[0].plugin == "b"
