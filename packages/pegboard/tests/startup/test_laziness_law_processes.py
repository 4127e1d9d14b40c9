"""L1 for whatever plugins there are and whatever is done to them: laziness changes when, never what."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.processes import Application
from support.soak import sized

NAMES = "abcd"
LOOKING = (
    "result['names'] = things.names()",
    "result['described'] = {name: repr(things.describe(name)) for name in things.names()}",
    "result['owners'] = {name: things.owner(name).name for name in things.names()}",
    "result['order'] = [plugin.name for plugin in host.plugins]",
)
USING = (
    "result['clock'] = host.container.get(api.Clock).now()",
    "result['items'] = {name: things.get(name) for name in things.names()}",
    "result['names after'] = things.names()",
)
PIECES = (
    "register('same', {own!r})\n",
    "register('same', {own!r}, override=True)\n",
    "register('numbered', 1, number={number})\n",
    "import app.plugins.{other}\n",
    "from . import {other}\n",
    "try:\n    from .{other} import VALUE\nexcept Exception:\n    VALUE = 'alone'\nregister('with ' + VALUE, 1)\n",
    "try:\n    import app.plugins.{other}\nexcept ImportError: pass\nelse: register('{own} with {other}', 1)\n",
    "import os\nregister(os.environ.get('CHOICE', 'none'), 1)\n",
    "import helper\nregister(helper.NAME, 1)\n",
    "try:\n    import optional\nexcept ImportError: pass\nelse: register('optional', 1)\n",
    "class Mine(api.Clock):\n    def now(self): return {own!r}\nprovide(api.Clock, Mine)\n",
    "host.container.decorate(api.Clock, lambda clock: type('W', (), {{'now': lambda self: '{own} ' + clock.now()}})())\n",
    "declare(after=[{other!r}])\n",
    "declare(before=[{other!r}])\n",
    "declare(eager=True)\n",
    "1/0\n",
    "VALUE = {own!r}\n",
)


@st.composite
def contents(draw, own):
    """Draw the text of a plugin, which may import those after it.

    In a circle, whoever is imported first sees the others half made; and who that is, laziness may well change.
    """
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4, unique=True))
    other = st.sampled_from([name for name in NAMES if name > own] or ["nobody"])
    return "".join(piece.format(own=own, other=draw(other), number=draw(st.integers(0, 2))) for piece in pieces)


class World:
    """An application to which things happen, at the pace of one a day, all of them long ago."""

    def __init__(self, root: Path) -> None:
        self.application = Application(root)
        self.today = time.time() - 400 * 24 * 3600
        self.environ: dict[str, str] = {}
        extended = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
        self.application.write("app/__init__.py", extended)  # so that plugins can be imported without the host, too
        for file in (self.application.code, *self.application.code.rglob("*")):
            os.utime(file, (self.today, self.today))
        self.application.site.mkdir()
        self._done(self.application.write("helper.py", "NAME = 'first'\n"))

    def _done(self, file: Path) -> None:
        self.today += 24 * 3600
        while file != self.application.root:
            if file.exists():
                os.utime(file, (self.today, self.today))
            file = file.parent

    def put(self, name: str, text: str) -> None:
        self._done(self.application.plugin(name, text))

    def remove(self, name: str) -> None:
        file = self.application.site / f"app/plugins/{name}.py"
        file.unlink(missing_ok=True)
        self._done(file)

    def touch(self, name: str) -> None:
        self._done(self.application.site / f"app/plugins/{name}.py")

    def choose(self, value: str) -> None:
        self.environ["CHOICE"] = value

    def help(self, value: str) -> None:
        self._done(self.application.write("helper.py", f"NAME = {value!r}\n"))

    def offer(self, is_there: bool) -> None:
        file = self.application.write("optional.py", "")
        if not is_there:
            file.unlink()
        self._done(file)

    def compare(self, steps: tuple[str, ...]) -> None:
        eagerly = self.application.run(*steps, APP_PLUGINS_LAZY="0", **self.environ)
        for _ in range(2):
            lazily = self.application.run(*steps, **self.environ)
            assert lazily.result == eagerly.result
            assert sorted(lazily.stderr.splitlines()) == sorted(eagerly.stderr.splitlines())


@st.composite
def happenings(draw):
    """Draw what is done next: the name of a method, and what it is given."""
    name = draw(st.sampled_from(NAMES))
    happens = draw(
        st.sampled_from(["put", "put", "put", "remove", "touch", "choose", "choose", "help", "help", "offer"])
    )
    if happens == "put":
        return happens, (name, draw(contents(name)))
    if happens in ("remove", "touch"):
        return happens, (name,)
    if happens == "offer":
        return happens, (draw(st.booleans()),)
    return happens, (draw(st.sampled_from(["this", "that", "other"])),)


@given(st.data())
# Each step takes processes, so that shrinking would take hours.
@settings(max_examples=sized(6, 200), database=None, phases=(Phase.explicit, Phase.generate))
def test_whatever_happens_to_whatever_plugins_laziness_shows_only_in_time(data):
    root = Path(tempfile.mkdtemp())
    try:
        world = World(root)
        for name in NAMES[: data.draw(st.integers(2, len(NAMES)), label="at first")]:
            world.put(name, data.draw(contents(name), label=name))
        for _ in range(data.draw(st.integers(3, 6), label="days")):
            early = [
                f"__import__('app.plugins.{name}')" for name in data.draw(st.sets(st.sampled_from(NAMES), max_size=1))
            ]
            tried = [
                f"try: {step}\nexcept Exception as error: result['early'] = type(error).__name__" for step in early
            ]
            used = data.draw(st.sampled_from([USING, USING[::-1], ()]), label="used")
            world.compare((*tried, *LOOKING, *used))
            what, given_to_it = data.draw(happenings(), label="happens")
            getattr(world, what)(*given_to_it)
        world.compare((*LOOKING, *USING))
    finally:
        shutil.rmtree(root)
