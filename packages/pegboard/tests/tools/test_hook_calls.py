"""Tests of hooks: calls that a block records, implementations for one block, hosts that start afresh, and leaks."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import weakref
from inspect import isfunction

import pytest

from pegboard.host import Host
from pegboard.startup.recording.own_names import own_names
from pegboard.testing import assert_unloads, hermetic, record_calls

DECLARATIONS = """
from pegboard.host import Host
host = Host('app', environ={}, lazy=False, config_directory=CONFIG, cache_directory=CONFIG)
log = []
@host.hooks.notify
def saved(document: str, by: str = "nobody") -> None: "A document was saved."
@host.hooks.notify(announced=True)
def opened(window: str) -> None: ...
@host.hooks.collect
def suggestions(document: str) -> str: raise NotImplementedError
@host.hooks.collect(faults="raise")
def answers(document: str) -> str: raise NotImplementedError
@host.hooks.collect(faults="collect")
def gathered(document: str, *, page: int = 1) -> str: raise NotImplementedError
@host.hooks.chain
async def transform(text: str) -> str: raise NotImplementedError
"""
PLUGIN = """
from app import app
@app.saved.implement
def note(document, by): app.log.append((document, by))
@app.opened.implement
def note_window(window): app.log.append(window)
@app.suggestions.implement
def suggest(document): return document.upper()
@app.answers.implement
def answer(document): raise LookupError(document)
@app.gathered.implement
def gather(document, page): raise LookupError(page)
@app.transform.implement
async def louder(text): return text + '!'
"""


@pytest.fixture
def app(tree, tmp_path):
    """Return the module of an application with hooks, and a plugin that implements each."""
    tree.write("app/__init__.py")
    tree.write("app/app.py", DECLARATIONS.replace("CONFIG", repr(str(tmp_path / "config"))))
    tree.write("app/plugins/a.py", PLUGIN)
    return importlib.import_module("app.app")


# -- recorded calls ---------------------------------------------------------------------------------------------------


def test_each_call_is_recorded_with_its_arguments_and_its_result(app):
    with record_calls(app.saved) as saved, record_calls(app.suggestions) as suggestions:
        app.saved("a")
        app.saved(by="me", document="b")
        assert app.suggestions("a") == ["A"]
    app.saved("later")
    assert [call.arguments for call in saved] == [{"document": "a", "by": "nobody"}, {"document": "b", "by": "me"}]
    assert [(call.arguments, call.result, call.error) for call in suggestions] == [({"document": "a"}, ["A"], None)]
    assert app.log == [("a", "nobody"), ("b", "me"), ("later", "nobody")]


def test_what_a_call_raises_is_recorded_and_raised(app):
    with record_calls(app.answers) as calls, pytest.raises(LookupError) as caught:
        app.answers("a")
    assert calls[0].error is caught.value
    assert calls[0].result is None
    with record_calls(app.gathered) as calls, pytest.raises(ExceptionGroup) as caught:
        app.gathered("a", page=7)
    assert calls[0].error is caught.value
    assert calls[0].arguments == {"document": "a", "page": 7}


def test_calls_of_an_asynchronous_hook_are_recorded(app):
    with record_calls(app.transform) as calls:
        assert asyncio.run(app.transform("a")) == "a!"
    assert [(call.arguments, call.result) for call in calls] == [({"text": "a"}, "a!")]


def test_a_cancelled_call_is_recorded_with_the_cancellation(app):
    async def wait(text):
        await asyncio.sleep(60)
        return text

    async def cancelled():
        task = asyncio.create_task(app.transform("a"))
        await asyncio.sleep(0.05)
        task.cancel()
        await task

    with app.transform.override(wait), record_calls(app.transform) as calls, pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert isinstance(calls[0].error, asyncio.CancelledError)


def test_what_is_announced_is_recorded(app):
    app.opened("before")
    with record_calls(app.opened) as calls:
        app.opened("a")
    assert [call.arguments for call in calls] == [{"window": "a"}]
    assert app.log == ["before", "a"]


def test_plugin_authors_record_calls_by_what_the_api_exports(app):
    with record_calls(app.suggestions.implement) as calls:
        app.suggestions("a")
    assert len(calls) == 1


def test_blocks_are_nested_and_see_what_an_override_answers(app):
    override = app.suggestions.override(lambda document: f"only {document}")
    with record_calls(app.suggestions) as outer, override, record_calls(app.suggestions) as inner:
        assert app.suggestions("a") == ["only a"]
    assert app.suggestions("a") == ["A"]
    assert [call.result for call in (*outer, *inner)] == [["only a"], ["only a"]]


# -- one implementation for a block -----------------------------------------------------------------------------------


def test_an_override_is_the_only_implementation_until_the_block_ends(app):
    with app.suggestions.override(lambda document: "mine"):
        assert app.suggestions("a") == ["mine"]
        shown = str(app.host.explain(app.suggestions))
        assert "overrides the hook" in shown
    with pytest.raises(ZeroDivisionError), app.saved.override(lambda document: 1 / 0):
        app.saved("a")
    app.saved("b")
    assert app.log == [("b", "nobody")]


def test_an_override_of_an_announced_hook_is_told_of_the_block_and_nothing_before(app):
    app.opened("before")
    seen = []
    with app.opened.override(seen.append):
        app.opened("inside")
    app.opened("after")
    assert seen == ["inside"]
    assert app.log == ["before", "after"]


def test_an_override_of_an_asynchronous_hook_may_be_either(app):
    async def twice(text):
        return text * 2

    for function in (twice, lambda text: text * 2):
        with app.transform.override(function):
            assert asyncio.run(app.transform("a")) == "aa"


# -- hosts that start afresh ------------------------------------------------------------------------------------------


def test_a_hermetic_block_has_hooks_of_its_own_plugins_and_then_all_is_back(app):
    assert app.suggestions("a") == ["A"]
    app.opened("before")
    loud = "from app import app\n@app.suggestions.implement\ndef suggest(document): return 'loud'\n"
    loud += "@app.opened.implement\ndef window(window): app.log.append('loud ' + window)\n"
    with hermetic(app.host, {"loud": loud}):
        assert app.suggestions("a") == ["A", "loud"]
        app.opened("inside")

        @app.host.hooks.notify
        def of_the_test() -> None: ...

        with record_calls(app.suggestions) as calls:
            app.suggestions("b")
        assert len(calls) == 1
    assert app.suggestions("a") == ["A"]
    assert app.log == ["before", "inside", "loud inside"]
    assert "of_the_test" not in app.host.hooks
    app.opened("after")
    assert app.log[3:] == ["after"]
    with hermetic(app.host, {}):
        assert app.suggestions("a") == ["A"]


def test_what_the_application_itself_implements_is_there_in_a_hermetic_block(app):
    app.suggestions.implement(lambda document: "own")
    with hermetic(app.host, {}):
        assert sorted(app.suggestions("a")) == ["A", "own"]


def test_hooks_of_a_closed_host_are_those_of_the_host_that_replaces_it(app):
    old = app.suggestions
    assert app.suggestions("a") == ["A"]
    app.opened("before")
    app.host.close()
    assert app.suggestions("a") == ["A"]
    settings = app.host.settings
    new = Host("app", environ={}, lazy=False, config_directory=settings.config_directory, cache_directory="")
    assert new.hooks["suggestions"] is old
    assert old("a") == ["A"]
    app.opened("after")
    assert app.log == ["before", "after"]
    assert len(new.manager.ledger.contributions(old.kind)) == 1


def test_an_application_that_is_reloaded_declares_its_hooks_anew(app):
    old = app.suggestions
    assert old("a") == ["A"]
    importlib.reload(app)
    assert app.suggestions is not old
    assert app.suggestions("a") == ["A"]
    assert app.host.hooks["suggestions"] is app.suggestions
    assert old("a") == ["A"]


# -- leaks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_called", [False, True])
def test_a_plugin_that_implements_hooks_leaves_nothing_behind(app, is_called):
    app.host.start()
    if is_called:
        app.saved("a")
        app.suggestions("a")
        app.opened("a")
        asyncio.run(app.transform("a"))
        app.suggestions.without("b")("a")
        with record_calls(app.suggestions), app.saved.override(lambda document: None):
            app.suggestions(document="a")
    assert_unloads(app.host, "a")


def test_a_disabled_plugin_is_held_by_no_hook(app):
    app.saved("a")
    app.opened("a")
    functions = [weakref.ref(each) for each in vars(sys.modules["app.plugins.a"]).values() if isfunction(each)]
    assert functions
    app.host.disable("a")
    gc.collect()
    assert not [each for function in functions if (each := function())]
    assert "app.plugins.a" not in sys.modules
    assert not app.opened.announced.told


# -- starts -----------------------------------------------------------------------------------------------------------


def test_what_the_application_implements_is_no_name_that_could_clash(app):
    app.suggestions.implement(lambda document: "own")
    ledger = app.host.manager.ledger
    assert not ledger.has_names_of_application
    assert own_names(ledger, app.host.manager.attribution.application) == ""
    app.host.registry("things").register("one", 1)
    assert ledger.has_names_of_application
