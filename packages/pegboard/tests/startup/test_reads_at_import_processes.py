"""What a plugin reads from the host while it is imported is what an eager start shows it, at each start."""

from __future__ import annotations

import random

import pytest
from support.soak import seed, sized

READS = {
    "names": "SEEN = list(api.things.names())",
    "a loop": "SEEN = [name for name in api.things]",
    "a length": "SEEN = len(api.things)",
    "in": "SEEN = ['t-a' in api.things, 't-b' in api.things, 't-m0' in api.things, 't-z' in api.things]",
    "objects": "SEEN = dict(api.things.items())",
    "get": "SEEN = [api.things.get('t-b'), api.things.get('t-m0'), api.things.get('t-z')]",
    "descriptions": "SEEN = {name: dict(api.things.describe(name)) for name in api.things}",
    "owners": "SEEN = [api.things.owner(name).name for name in api.things]",
    "explain": "SEEN = [bool(api.host.explain('things', name).claims) for name in ('t-b', 't-m0', 't-z')]",
    "a component": "SEEN = api.host.container.get(api.Clock).now()",
    "a component that is asked for twice": "SEEN = [api.host.container.get(api.Clock).now() for _ in range(2)]",
    "a module of the application": "import menu\nSEEN = sorted(menu.MENU)",
}
CLOCK = "class Mine(api.Clock):\n    def now(self): return {0!r}\nprovide(api.Clock, Mine)\n"


@pytest.fixture
def shop(application):
    """Return an application with plugins before and after `m`."""
    application.write("menu.py", "from app.api import things\nMENU = {name: things[name] for name in things.names()}\n")
    for name in "abyz":
        application.plugin(name, CLOCK.format(name))
    return application


STEP = "result['names'] = things.names(); result['clock'] = host.container.get(api.Clock).now()"
STEP += "; result['seen'] = {name: things[name] for name in things.names() if name.startswith('seen')}"

TOGETHER = {
    "what is known without an import": ("names", "a loop", "a length", "in", "descriptions", "owners", "explain"),
    "some objects": ("get", "a component", "a component that is asked for twice"),
    "all objects": ("objects", "a module of the application"),
}
"""What several plugins of one application read: each sees the names of those before it, too."""
ALONE = sized(random.Random(seed()).sample(tuple(READS), 1), tuple(READS))


@pytest.mark.parametrize(
    "kinds",
    [*TOGETHER.values(), *(pytest.param((kind,), marks=pytest.mark.soak) for kind in ALONE)],
    ids=[*TOGETHER, *ALONE],
)
def test_it_sees_what_came_before_it_and_neither_itself_nor_what_comes_later(shop, kinds):
    def write(end=""):
        for number, kind in enumerate(kinds):
            shop.plugin(f"m{number}", f"{READS[kind]}\nregister('seen {kind}', SEEN)\n{end}")

    write()
    shop.settle()
    eager = shop.run(STEP, APP_PLUGINS_LAZY="0")
    assert len(eager["seen"]) == len(kinds)
    for _ in range(3):
        run = shop.run(STEP)
        assert (run.result, run.stderr) == (eager.result, "")
    shop.plugin("b", CLOCK.format("new b"))  # a start that finds the others on record
    for environ in ({}, {"APP_NO_PLUGINS": "a"}, {}):
        eager = shop.run(STEP, APP_PLUGINS_LAZY="0", **environ)
        assert shop.run(STEP, **environ).result == eager.result
    write("# changed\n")
    for _ in range(2):
        assert shop.run(STEP).result == eager.result


def test_one_that_reads_only_when_it_is_used_is_eager_from_the_next_start_on(shop):
    flag = shop.root / "flag"
    shop.plugin("m", f"import pathlib\nif pathlib.Path({str(flag)!r}).exists(): list(api.things)\n")
    shop.settle()
    shop.names()
    assert shop.names().imported == []
    flag.touch()
    assert shop.run("result['m'] = things['t-m']")["m"] == "m"
    run = shop.run("things.names(); result['why'] = host.plugin('m').reason")
    assert (run["why"], run.imported) == ("it reads what other plugins contribute while it is imported", ["m"])


def test_an_author_may_say_that_it_does_not_matter(shop):
    shop.plugin("m", "declare(eager=False)\nregister('count', len(list(api.things)))\n")
    shop.settle()
    shop.names()
    for _ in range(2):
        run = shop.run("result['count'] = things['count']")
        assert (run["count"], run.imported) == (2, ["m"])


def test_a_plugin_that_the_application_imports_before_the_start_sees_the_same(shop):
    shop.plugin("m", "register('seen', list(api.things))\n")
    shop.settle()
    step = "import app.plugins.m; result['seen'] = things['seen']; result['names'] = things.names()"
    eager = shop.run(step, APP_PLUGINS_LAZY="0")
    for _ in range(3):
        assert shop.run(step).result == eager.result
