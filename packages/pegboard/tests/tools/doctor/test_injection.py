"""The doctor finds what the container could not build, without building it; and hints say what an application offers."""

from __future__ import annotations

import pytest

from pegboard.errors import CircularDependencyError, MissingDependencyError, NameClashError, ProviderError
from pegboard.host import Host
from pegboard.testing import hermetic
from pegboard.tools.doctor.injection import uninjectable

HEAD = "from app.api import register, Clock, Screen, provide, decorate\nfrom app import api\n"


@pytest.fixture
def host(tree):
    """Return the host of an application whose commands are built by the container."""
    tree.write("app/__init__.py")
    tree.write("app/plugins/own.py", HEAD + "register('own', lambda no_annotation: None)\n")
    tree.write(
        "app/api.py",
        "host = None\nclass Clock: ...\nclass Screen: ...\n"
        "def register(*a, **k): return host.registry('commands').register(*a, **k)\n"
        "def provide(*a, **k): return host.container.provide(*a, **k)\n"
        "def decorate(*a): return host.container.decorate(*a)\n",
    )
    host = Host("app", environ={}, offers={"override": "register(..., override=True)", "decorate": "decorate"})
    import app.api

    app.api.host = host
    host.registry("commands", builds=lambda item: item)
    host.container.provide(app.api.Clock)
    return host


def found(host, text):
    with hermetic(host, {"mine": HEAD + text}):
        for plugin in host.plugins:
            host.manager.activate(plugin)
        return [line for finding in uninjectable(host) for line in finding.lines()]


@pytest.mark.parametrize(
    ("text", "what", "cause", "remedy"),
    [
        (
            "register('go', lambda clock, /, *, screen=None: None)",
            "'go' in 'commands', which cannot be injected: parameter 'clock'",
            "it has no annotation",
            "annotate it with the type that it needs, or give it a default",
        ),
        (
            "def go(clock: 'Clok'): ...\nregister('go', go)",
            "'go' in 'commands', which cannot be injected: parameter 'clock'",
            "its annotation cannot be evaluated: NameError: name 'Clok' is not defined. Did you mean: 'Clock'?",
            "correct the name",
        ),
        (
            "class Clocks: ...\nclass Go:\n    def __init__(self, clock: Clocks): ...\nregister('go', Go)",
            "'go' in 'commands', which cannot be injected: parameter 'clock'",
            "nothing provides app.plugins.mine:Clocks",
            "did you mean app.api:Clock?",
        ),
        (
            "def screen(size: int) -> Screen: ...\nprovide(Screen, screen)",
            "a provider of app.api:Screen, which cannot be injected: parameter 'size'",
            "nothing provides builtins:int",
            "give the parameter a default, or annotate it with what is provided: Clock, Screen",
        ),
        (
            "def more(inner, size: int): ...\ndecorate(Clock, more)",
            "a decorator of app.api:Clock, which cannot be injected: parameter 'size'",
            "nothing provides builtins:int",
            "give the parameter a default, or annotate it with what is provided: Clock",
        ),
    ],
)
def test_what_cannot_be_injected_is_found_with_its_plugin_and_its_line(host, text, what, cause, remedy):
    headline, *details = found(host, text)
    assert headline == f"warning[component-uninjectable]: plugin 'mine' has {what}"
    assert details[0] == f"  cause: {cause}"
    assert details[1].startswith("  where: ")
    assert details[1].rpartition("mine.py:")[2].isdecimal()
    assert details[2:] == [f"  remedy: for its author: {remedy}"]


@pytest.mark.parametrize(
    "text",
    [
        "register('go', lambda: None)",
        "def go(clock: Clock, n: int = 3, *more, **options): ...\nregister('go', go)",
        "class Go:\n    def __init__(self, clock: 'Clock | None'): ...\nregister('go', Go)",
        "provide(Screen, Screen())\nprovide('text', 3)\ndecorate(Clock, lambda inner: inner)",
        "def go(screen: Screen): ...\nregister('go', go)\nprovide(Screen)",
    ],
)
def test_what_can_be_injected_is_not(host, text):
    assert found(host, text) == []


def test_a_call_of_a_plugin_s_code_is_the_plugin_s_in_what_is_raised(host):
    text = "def go(size: int): ...\nregister('go', go)"
    with hermetic(host, {"mine": HEAD + text}), pytest.raises(MissingDependencyError) as caught:
        host.container.call(host.registry("commands")["go"])
    error = caught.value
    assert error.what() == "nothing provides builtins:int, which plugin 'mine' asks for"
    assert error.where().splitlines()[0].endswith("mine.py:3")
    assert error.where().endswith("(called directly, app.plugins.mine:go) from plugin 'mine'")


def test_a_call_of_the_application_s_own_code_names_no_plugin(host):
    def own(size: int) -> None: ...

    with hermetic(host), pytest.raises(MissingDependencyError) as caught:
        host.container.call(own)
    assert caught.value.what() == "nothing provides builtins:int"
    assert caught.value.hint() is None


def test_a_provider_that_asks_for_its_own_key_is_told_how_to_wrap(host):
    text = "class Mine(Clock):\n    def __init__(self, clock: Clock): ...\nprovide(Clock, Mine)"
    with hermetic(host, {"mine": HEAD + text}):
        import app.api

        host.container.get(app.api.Clock)
        (problem,) = [problem for problem in host.problems if isinstance(problem, ProviderError)]
    assert isinstance(problem.__cause__, CircularDependencyError)
    assert problem.hint().endswith("for its author: to wrap a component, decorate it with decorate")


@pytest.mark.parametrize("strict", [True, False])
def test_only_authors_are_told_how_to_replace_and_only_what_there_is(host, strict):
    problems = []
    with hermetic(host, {"mine": HEAD + "register('own', 1)"}, strict=strict):
        try:
            host.start()
        except NameClashError as error:
            problems.append(error)
        problems += host.problems
    hints = {problem.hint() for problem in problems if isinstance(problem, NameClashError)}
    offer = "; to replace it on purpose: register(..., override=True)"
    assert hints == {"disable one of the two" + (offer if strict else "")}
