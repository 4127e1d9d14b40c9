"""A registration is its plugin's whenever its module runs: before the host is made, before it starts, in a worker."""

import json
import subprocess
import sys

import pytest

HOST = """
from pegboard import Host

host = Host("app")
things = host.registry("things")

class Clock: ...

host.container.provide(Clock)
"""

API = """
from app.core import Clock, host, things

register, declare, provide, on_unload = things.register, host.declare, host.container.provide, host.on_unload
"""

ELSEWHERE = "Metadata-Version: 2.1\nName: acme\nVersion: 1\n"


class Scripts:
    """An application whose host is made in `app.core` and whose API is another module, and scripts that use it."""

    def __init__(self, application):
        self.application = application
        application.write("app/core.py", HOST)
        application.write("app/api.py", API)
        self.plugin("a")

    def plugin(self, name, text=""):
        text = f"from app import api\napi.register('t-{name}', '{name}')\n" + text
        return self.write(f"{name}.py", text)

    def write(self, path, text):
        """Write a file below `app/plugins` where Python finds it by itself."""
        file = self.application.code / "app/plugins" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, script, *arguments, **environ):
        """Run a script whose last expression is printed as JSON; what goes to standard error is a fault."""
        process = self.process(script, *arguments, **environ)
        assert process.returncode == 0, process.stderr
        assert process.stderr == ""
        return json.loads(process.stdout)

    def process(self, script, *arguments, **environ):
        *lines, last = script.strip().splitlines()
        text = "\n".join([*lines, f"import json; print(json.dumps(({last})))"])
        return subprocess.run(
            [sys.executable, "-B", "-c", text, *arguments],
            env=self.application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.application.root,
        )

    def each_start(self, script, expected):
        """Compare what the script says eagerly, at the first start, and at later ones."""
        self.application.settle()
        assert self.run(script, APP_PLUGINS_LAZY="0") == expected
        for _ in range(3):
            assert self.run(script) == expected


@pytest.fixture
def scripts(application):
    return Scripts(application)


FIRST = {
    "before the host is made": "import app.plugins.a\nfrom app.core import host, things",
    "before it starts": "from app.core import host, things\nimport app.plugins.a",
    "after it has looked": "from app.core import host, things\nhost.plugins\nimport app.plugins.a",
    "after it has started": "from app.core import host, things\nhost.start()\nimport app.plugins.a",
    "by way of a part": "import app.plugins.pack.part, app.plugins.a\nfrom app.core import host, things",
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
class TestWhoeverImportsAPlugin:
    def test_it_owns_what_it_registers(self, scripts, first):
        scripts.plugin("b")
        scripts.write("pack/__init__.py", "from app import api\napi.register('pack', 1)\n")
        scripts.write("pack/part.py", "")
        look = "[things.owner(n).name for n in things.names()], host.plugin('a').state, things['t-a'], host.problems"
        scripts.each_start(f"{first}\nhost.start()\n{look}", [["a", "b", "pack"], "active", "a", []])

    def test_it_can_be_disabled(self, scripts, first):
        scripts.write("pack/part.py", "")
        scripts.write("pack/__init__.py", "")
        scripts.each_start(
            f"{first}\nhost.disable('a')\n'app.core' in __import__('sys').modules, things.names()", [True, []]
        )

    def test_it_can_be_left_out_by_the_user(self, scripts, first):
        scripts.write("pack/part.py", "")
        scripts.write("pack/__init__.py", "")
        script = "\n".join(f"try:\n    {line}\nexcept ImportError: pass" for line in first.splitlines())
        script += "\nfrom app.core import host, things\nthings.names(), host.plugin('a').state"
        scripts.application.settle()
        for _ in range(3):
            assert scripts.run(script, APP_NO_PLUGINS="a") == [[], "disabled"]
        for _ in range(2):
            assert scripts.run(script) == [["t-a"], "active"]

    def test_it_may_declare_and_clean_up(self, scripts, first):
        scripts.write("pack/__init__.py", "")
        scripts.write("pack/part.py", "")
        scripts.plugin("a", "api.declare(after=['z'])\nENDED = []\napi.on_unload(lambda: ENDED.append(1))\n")
        scripts.plugin("z")
        end = "import app.plugins.a as a\nnames = things.names()\nhost.disable('a')\nnames, a.ENDED, things.names()"
        scripts.each_start(f"{first}\n{end}", [["t-z", "t-a"], [1], ["t-z"]])


def test_an_application_may_leave_out_what_was_imported_already(scripts):
    scripts.plugin("b")
    for first in ("import app.plugins.a\nfrom app.core import *", "from app.core import *\nimport app.plugins.a"):
        scripts.each_start(f"{first}\nhost.leave_out(['a'])\nthings.names()", ["t-b"])


def test_what_the_application_registers_is_its_own_when_a_plugin_is_imported_first(scripts):
    script = """
import app.plugins.a
from app.core import Clock, host, things
host.disable('a')
things.register('ours', 1)
type(host.container.get(Clock)).__name__, things.owner('ours').name, things.names()
"""
    scripts.each_start(script, ["Clock", "", ["ours"]])


def test_an_import_that_fails_leaves_nothing_and_is_tried_again(scripts):
    scripts.plugin("a", "import os\nif not os.environ.pop('FINE', ''): raise LookupError('odd')\n")
    script = """
try:
    import app.plugins.a
except LookupError as error:
    said = str(error)
from app.core import host, things
before = [row.id for row in host.manager.ledger.contributions_of(host.manager.attribution.application) if row.kind == 'things']
__import__('os').environ['FINE'] = '1'
said, before, things.names()
"""
    scripts.application.settle()
    assert scripts.run(script, APP_PLUGINS_LAZY="0") == ["odd", [], ["t-a"]]


def test_a_plugin_elsewhere_that_is_imported_first_is_a_plugin(scripts):
    scripts.application.write("acme_parts.py", "from app import api\napi.register('part', 2)\n")
    scripts.application.write(
        "acme.py", "import acme_parts\nfrom app import api\napi.declare(after=['z'])\napi.register('acme', 1)\n"
    )
    scripts.application.write("acme-1.dist-info/METADATA", ELSEWHERE)
    scripts.application.write("acme-1.dist-info/entry_points.txt", "[app.plugins]\nacme = acme\n")
    scripts.plugin("z")
    script = """
import acme
from app.core import host, things
names, owners = things.names(), [things.owner(name).name for name in things.names()]
host.disable('acme')
names, owners, things.names()
"""
    scripts.each_start(script, [["t-a", "t-z", "part", "acme"], ["a", "z", "acme", "acme"], ["t-a", "t-z"]])


def test_declare_in_a_module_that_turns_out_to_be_no_plugin_is_reported(scripts):
    scripts.application.write("other.py", "from app import api\napi.declare(eager=True)\napi.register('x', 1)\n")
    process = scripts.process("import other\nfrom app.core import things\nthings.owner('x').name")
    assert json.loads(process.stdout) == ""
    assert "declare() works only while a plugin is being imported (hint: other is not a plugin)" in process.stderr


def test_what_a_call_of_a_plugin_registers_is_the_plugins_though_no_frame_says_so(scripts):
    scripts.plugin("a", "import functools\napi.register('more', functools.partial(api.register, 'late', 1))\n")
    script = """
from app.core import host, things
host.run(host.plugin('a'), 'registering more', things['more'])
things.owner('late').name
"""
    scripts.each_start(script, "a")


def test_starts_with_and_without_early_imports_settle_down(scripts):
    scripts.plugin("b")
    scripts.application.settle()
    early = "import app.plugins.a\nfrom app.core import host, things\nthings.names(), host.manager.why_not_used"
    plain = early.partition("\n")[2]
    for script in (early, early, plain, early, plain, plain, early):
        names, why = scripts.run(script)
        assert names == ["t-a", "t-b"]
    assert why is None


def test_an_application_that_always_imports_a_plugin_itself_starts_warm(scripts):
    scripts.application.settle()
    script = "from app.core import host, things\nimport app.plugins.a\nthings.names(), host.manager.why_not_used"
    runs = [scripts.run(script) for _ in range(4)]
    assert [names for names, _ in runs] == [["t-a"]] * 4
    assert [why for _, why in runs[1:]] == [None] * 3


class TestACircleOfImports:
    """The application asks for plugins in its own module, which a plugin or the API may have begun to import."""

    @pytest.mark.parametrize("first", ["app.plugins.a", "app.api", "app.core", "app.plugins.b", "app"])
    @pytest.mark.parametrize("asks", ["NAMES = things.names()", "ITEMS = dict(things.items())", "host.start()"])
    def test_every_plugin_is_there(self, scripts, first, asks):
        scripts.plugin("b")
        scripts.application.write("app/core.py", HOST + asks + "\n")
        look = "dict(things.items()), [things.owner(name).name for name in things.names()], host.problems"
        script = f"import {first}\nfrom app.core import host, things\n{look}"
        scripts.each_start(script, [{"t-a": "a", "t-b": "b"}, ["a", "b"], []])

    def test_an_api_of_several_modules_is_completed(self, scripts):
        scripts.application.write("app/core.py", HOST + "NAMES = things.names()\n")
        (scripts.application.code / "app/api.py").unlink()
        scripts.application.write("app/api/__init__.py", "")
        scripts.application.write("app/api/v1.py", "class Kind: ...\nfrom app.services import register\n")
        scripts.application.write("app/services.py", "from app.core import things\nregister = things.register\n")
        for name in "ab":
            text = f"from app.api import v1\nv1.register('t-{name}', v1.Kind)\n"
            scripts.write(f"{name}.py", text)
        look = (
            "from app.core import things\nfrom app.api.v1 import Kind\nall(kind is Kind for _, kind in things.items())"
        )
        for first in ("app.plugins.b", "app.api.v1", "app.core"):
            scripts.each_start(f"import {first}\n{look}", True)

    def test_what_cannot_be_completed_names_both_places_and_blames_no_plugin(self, scripts):
        early = HOST.replace("class Clock", "NAMES = things.names()\n\nclass Clock")
        scripts.application.write("app/core.py", early)
        for lazy in "01":
            process = scripts.process("import app.plugins.a\n1", APP_PLUGINS_LAZY=lazy)
            assert "StartTooEarlyError: the plugins of 'app' are asked for while app.api" in process.stderr
            line = early[: early.index("NAMES")].count("\n") + 1
            assert f"core.py:{line}, while " in process.stderr
            assert "api.py:2 is being executed" in process.stderr
            assert "plugin 'a'" not in process.stderr


def test_a_path_that_the_application_adds_after_an_early_import_does_not_keep_it_cold(scripts):
    scripts.plugin("b")
    scripts.application.settle()
    script = """
import sys
from app.core import host, things
try:
    import app.plugins.signals
except ImportError:
    pass
sys.path.insert(0, '')
[things.names(), host.manager.why_not_used, 'app.plugins.b' in sys.modules]
"""
    scripts.run(script)
    assert scripts.run(script) == [["t-a", "t-b"], None, False]
