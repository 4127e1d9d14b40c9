"""The laws of laziness, L1 to L12, as DESIGN has them. Every start is a process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from pegboard.index import MAGIC, read
from pegboard.startup.recording.encoding import content_of, to_bytes

ALL = ["t-a", "t-b", "t-c"]


class TestReference:
    """L1: importing every plugin at start defines correct behaviour. Laziness changes only when, never what."""

    STEPS = (
        "result['names'] = things.names()",
        "result['described'] = {name: repr(things.describe(name)) for name in things.names()}",
        "result['owners'] = {name: things.owner(name).name for name in things.names()}",
        "result['order'] = [plugin.name for plugin in host.plugins]",
        "result['clock'] = host.container.get(api.Clock).now()",
        "result['items'] = {name: things.get(name) for name in things.names()}",
        "result['names after'] = things.names()",
    )

    @pytest.mark.parametrize(
        "plugins",
        [
            {},
            {"a": "", "b": "", "c": ""},
            {"a": "register('same', 1)\n", "b": "register('same', 2)\n"},
            {"a": "register('same', 1)\n", "b": "register('same', 2, override=True)\n"},
            {"a": "declare(after=['c'])\n", "b": "", "c": "declare(before=['b'])\n"},
            {"a": "import app.plugins.b\n", "b": ""},
            {"a": "register('m', 1, **{'': '', 'k': 'v'})\n", "b": ""},
            {"a": "register('m', 1, number=10**5000)\n", "b": ""},
            {
                "a": "import enum\nclass E(enum.StrEnum): A = 'a'\nclass F(float): pass\n"
                "class N(enum.IntEnum): ONE = 1\n"
                "register('m', 1, text=E.A, number=N.ONE, float=F(1.5), nested={E.A: [N.ONE]})\n",
                "b": "",
            },
            {"a": "register('x', 1)\n1/0\n", "b": ""},
            {"a": "raise SystemExit\n", "b": "syntax error here\n", "c": ""},
            {"a": "for n in range(5): register(f'n{n}', n, number=n, nested={'a': [1, (2,)]})\n"},
            {"a": "class Mine(api.Clock):\n    def now(self): return 'mine'\nprovide(api.Clock, Mine)\n"},
            {"a": "provide(api.Clock, lambda: 1/0)\n", "b": ""},
            {"a": "import nonexistent_module\n", "b": "register('t-a', 'instead')\n"},
            {"z": "try:\n    import app.plugins.y\nexcept Exception: register('alone', 1)\n", "y": "1/0\n"},
        ],
    )
    def test_every_scenario_is_the_same_lazily_eagerly_cold_and_warm(self, application, plugins):
        for name, text in plugins.items():
            application.plugin(name, text)
        application.settle()
        eager = application.run(*self.STEPS, APP_PLUGINS_LAZY="0")
        # what the journal said is gone
        assert not [path for path in application.home.rglob("*") if path.is_file()]
        cold = application.run(*self.STEPS)
        warm = application.run(*self.STEPS)
        assert "error" not in eager.result
        assert cold.result == eager.result
        assert warm.result == eager.result
        assert sorted(cold.stderr.splitlines()) == sorted(eager.stderr.splitlines())
        assert sorted(warm.stderr.splitlines()) == sorted(eager.stderr.splitlines())


class TestRecord:
    """L2: what is recorded is what was registered synchronously while the plugin was imported."""

    def test_names_and_descriptions_of_primed_plugins_import_none(self, primed):
        run = primed.run("result['all'] = {name: things.describe(name) for name in things.names()}")
        assert run["all"] == {name: {"summary": f"by {name[-1]}"} for name in ALL}
        assert run.imported == []

    def test_using_one_thing_imports_its_owner_and_no_other(self, primed):
        run = primed.run("result['b'] = things['t-b']")
        assert (run["b"], run.imported) == ("b", ["b"])

    def test_a_missing_name_imports_none(self, primed):
        run = primed.run("result['x'] = things.get('x')", "result['in'] = 'x' in things")
        assert (run["x"], run["in"], run.imported) == (None, False, [])

    def test_late_registrations_work_and_are_not_recorded(self, application):
        application.plugin("a", "def late(): register('late', 1)\nregister('call', late)\n")
        application.settle()
        step = "things['call'](); result['names'] = things.names()"
        assert application.run(step)["names"] == ["t-a", "call", "late"]
        assert application.names()["names"] == ["t-a", "call"]
        assert application.run(step)["names"] == ["t-a", "call", "late"]

    def test_a_poisoned_index_cannot_name_code(self, primed):
        """Whoever can write it can make a name appear; what the name is comes from the plugin and nowhere else."""
        content = content_of(read(str(primed.index)))
        content["plugins"]["app.plugins.a"]["record"]["rows"].append(["things", "os:system", False, {}])
        primed.index.write_bytes(to_bytes(content))
        run = primed.run("result['names'] = things.names()", "things['os:system']")
        assert "os:system" in run["names"]
        assert run["error"].startswith("PluginWithdrewError: plugin 'a' no longer contributes 'os:system'")

    def test_a_component_overridden_by_a_primed_plugin_is_found_by_type_and_wakes_that_plugin(self, application):
        application.plugin("a")
        application.plugin("b", "class Mine(api.Clock):\n    def now(self): return 'mine'\nprovide(api.Clock, Mine)\n")
        application.settle()
        application.names()
        run = application.run("result['now'] = host.container.get(api.Clock).now()")
        assert (run["now"], run.imported) == ("mine", ["b"])


class TestValidity:
    """L3 and L4: a record is used only while all it depends on holds; only the plugin concerned pays."""

    def test_nothing_changed_imports_nothing(self, primed):
        assert primed.names().imported == []
        assert primed.names()["names"] == ALL

    def test_an_edited_plugin_is_imported_and_no_other(self, primed):
        primed.plugin("b", "register('new', 1)\n")
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", "t-b", "new", "t-c"], ["b"])

    def test_an_edit_that_keeps_size_and_coarse_time_is_noticed(self, primed):
        file = primed.plugin("b", "register('old', 1)\n")
        primed.age(file)
        primed.names()
        before = file.stat()
        primed.plugin("b", "register('new', 1)\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
        assert primed.names()["names"] == ["t-a", "t-b", "new", "t-c"]

    def test_a_touched_plugin_with_the_same_content_is_not_imported(self, primed):
        primed.age(primed.site / "app/plugins/b.py", -60)
        assert primed.names().imported == []

    def test_an_older_file_put_in_place_is_noticed(self, primed):
        file = primed.plugin("b", "register('older', 1)\n")
        primed.age(file, 10_000_000)
        assert "older" in primed.names()["names"]

    def test_a_new_plugin_is_imported_and_no_other(self, primed):
        primed.plugin("d")
        run = primed.names()
        assert (run["names"], run.imported) == ([*ALL, "t-d"], ["d"])

    def test_a_removed_plugin_is_gone_and_none_is_imported(self, primed):
        (primed.site / "app/plugins/b.py").unlink()
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", "t-c"], [])

    def test_a_folder_plugin_is_noticed(self, primed):
        folder = primed.home / ".config/app/plugins"
        folder.mkdir(parents=True)
        (folder / "mine.py").write_text("from app.api import register\nregister('mine', 1)\n")
        assert primed.names()["names"] == [*ALL, "mine"]
        (folder / "mine.py").write_text("from app.api import register\nregister('mine too', 1)\n")
        assert primed.names()["names"] == [*ALL, "mine too"]

    def test_an_environment_variable_that_was_read_counts_and_others_do_not(self, application):
        application.plugin("a", "import os\nregister(os.environ.get('WISH', 'none'), 1)\n")
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["t-a", "none", "t-b"]
        assert application.names(OTHER="1").imported == []
        run = application.names(WISH="fish")
        assert (run["names"], run.imported) == (["t-a", "fish", "t-b"], ["a"])
        assert application.names(WISH="fish").imported == []

    @pytest.mark.parametrize(
        "reading",
        [
            "os.getenv('WISH')",
            "'WISH' in os.environ",
            "dict(os.environ).get('WISH')",
            "os.environ.copy()",
            "sorted(os.environ)",
        ],
    )
    def test_every_way_to_read_a_variable_is_noticed(self, application, reading):
        application.plugin("a", f"import os\n{reading}\n")
        application.settle()
        application.names()
        assert application.names().imported == []
        assert application.names(WISH="fish").imported == ["a"]

    def test_values_of_variables_are_not_kept(self, application):
        application.plugin("a", "import os\nos.environ.get('SECRET')\n")
        application.settle()
        application.names(SECRET="hunter2")
        assert b"SECRET" in application.index.read_bytes()
        assert b"hunter2" not in application.index.read_bytes()

    def test_a_declared_input_counts(self, application, tmp_path):
        extra = tmp_path / "wishes.txt"
        extra.write_text("one")
        application.plugin(
            "a", f"declare(depends_on=[{str(extra)!r}, 'env:MODE'])\nregister(open({str(extra)!r}).read(), 1)\n"
        )
        application.plugin("b")
        application.settle()
        application.names()
        assert application.names().imported == []
        extra.write_text("two")
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "two", "t-b"], ["a"])
        assert application.names(MODE="x").imported == ["a"]

    def test_a_module_that_a_plugin_imports_counts(self, application):
        application.write("helper.py", "NAME = 'one'\n")
        application.plugin("a", "import helper\nregister(helper.NAME, 1)\n")
        application.plugin("b", "import helper\n")
        application.plugin("c")
        application.settle()
        application.names()
        application.write("helper.py", "NAME = 'second'\n")
        run = application.names()
        assert run["names"] == ["t-a", "second", "t-b", "t-c"]
        assert run.imported == ["a", "b"]

    def test_a_module_that_was_missing_counts_once_it_is_there(self, application):
        application.plugin("a", "try:\n    import extra\n    register('with extra', 1)\nexcept ImportError: pass\n")
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["t-a", "t-b"]
        application.write("extra.py", "")
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "with extra", "t-b"], ["a"])

    def test_a_part_of_a_plugin_counts(self, application):
        application.write(
            "app/plugins/pack/__init__.py", "from app.api import register\nfrom .part import NAME\nregister(NAME, 1)\n"
        )
        application.write("app/plugins/pack/part.py", "NAME = 'one'\n")
        application.settle()
        assert application.names()["names"] == ["one"]
        application.write("app/plugins/pack/part.py", "NAME = 'two'\n")
        assert application.names()["names"] == ["two"]

    def test_a_change_of_the_application_concerns_all(self, primed):
        primed.write("app/api.py", (primed.code / "app/api.py").read_text() + "# changed\n")
        assert primed.names().imported == ["a", "b", "c"]

    def test_what_a_shared_package_reads_counts_for_every_plugin_that_imports_it(self, application):
        application.write("common.py", "import os, deep\nMODE = os.environ.get('MODE', 'none') + deep.N\n")
        application.write("deep.py", "N = '1'\n")
        for name in "ab":
            application.plugin(name, f"import common\nregister('{name} ' + common.MODE, 1)\n", registers=None)
        application.settle()
        assert application.names()["names"] == ["a none1", "b none1"]
        assert application.names(MODE="x")["names"] == ["a x1", "b x1"]
        application.write("deep.py", "N = '2'\n#\n")
        assert application.names(MODE="x")["names"] == ["a x2", "b x2"]

    def test_a_plugin_that_another_one_imports_counts(self, application):
        application.plugin("a", "N = 'one'\n")
        application.plugin("b", "from app.plugins.a import N\nregister(N, 1)\n")
        application.settle()
        assert application.names()["names"] == ["t-a", "t-b", "one"]
        application.plugin("a", "N = 'second'\n")
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "t-b", "second"], ["a", "b"])

    def test_a_plugin_that_another_one_imports_relatively_counts(self, application):
        application.plugin("a", "N = 'one'\n")
        application.plugin("b", "from .a import N\nregister(N, 1)\n")
        application.settle()
        assert application.names()["names"] == ["t-a", "t-b", "one"]
        application.plugin("a", "N = 'second'\n")
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "t-b", "second"], ["a", "b"])

    def test_what_a_plugin_elsewhere_imports_relatively_counts_and_the_package_that_it_is_in(self, application):
        application.write("acme/__init__.py", "INIT = 'i'\n")
        application.write("acme/words.py", "NAME = 'one'\n")
        application.write(
            "acme/plugin.py",
            "import sys\nfrom app.api import register\nfrom .words import NAME\n"
            "register(NAME, 1)\nregister(sys.modules['acme'].INIT, 1)\n",
        )
        application.write("acme-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
        application.write("acme-1.dist-info/entry_points.txt", "[app.plugins]\nacme = acme.plugin\n")
        application.settle()
        assert application.names()["names"] == ["one", "i"]
        application.write("acme/words.py", "NAME = 'second'\n")
        assert application.names()["names"] == ["second", "i"]
        application.write("acme/__init__.py", "INIT = 'init'\n")
        assert application.names()["names"] == ["second", "init"]

    @pytest.mark.parametrize("helper", ["app/helper.py", "app/plugins/_helper.py", "library/helper.py"])
    def test_what_primed_plugins_import_still_counts_after_another_one_was_recorded(self, application, helper):
        module = helper.removesuffix(".py").replace("/", ".")
        application.write(helper, "NAME = 'one'\n")
        application.write("library/__init__.py", "")
        application.write("library/other.py", "OTHER = 'other'\n")
        application.plugin("a", f"from {module} import NAME\nregister(NAME, 1)\n", registers=None)
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["one", "t-b"]
        application.plugin("b", "from library.other import OTHER\nregister(OTHER, 1)\n")
        application.settle()
        assert application.names().imported == ["b"]
        application.write("library/other.py", "OTHER = 'another'\n")
        application.settle()
        assert application.names()["names"] == ["one", "t-b", "another"]
        application.write(helper, "NAME = 'second'\n")
        assert application.names()["names"] == ["second", "t-b", "another"]

    @pytest.mark.parametrize(
        ("looking", "there"),
        [
            ("from app.plugins import other", "app/plugins/other.py"),
            ("from . import other", "app/plugins/other.py"),
            ("import app.plugins.other", "app/plugins/other.py"),
            ("import library.extra", "library/extra.py"),
            ("from library import extra", "library/extra/__init__.py"),
            ("import library.deep.extra", "library/deep/extra.py"),
        ],
    )
    def test_a_part_of_a_package_that_was_missing_counts_once_it_is_there(self, application, looking, there):
        application.write("library/__init__.py", "")
        application.write("library/deep/__init__.py", "")
        application.plugin(
            "a", f"try:\n    {looking}\n    register('with', 1)\nexcept ImportError: register('without', 1)\n"
        )
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["t-a", "without", "t-b"]
        application.write(there, "")
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "with", "t-b"], ["a"])

    def test_a_module_that_find_spec_did_not_find_counts_once_it_is_there(self, application):
        application.plugin(
            "a", "from importlib.util import find_spec\nregister('fast' if find_spec('extra') else 'slow', 1)\n"
        )
        application.plugin(
            "b", "import importlib.util\nregister('f' if importlib.util.find_spec('extra') else 's', 1)\n"
        )
        application.settle()
        assert application.names()["names"] == ["t-a", "slow", "t-b", "s"]
        application.write("extra.py", "")
        assert application.names()["names"] == ["t-a", "fast", "t-b", "f"]

    def test_a_module_that_find_spec_found_counts_although_nobody_imports_it(self, application):
        file = application.write("extra.py", "")
        application.plugin(
            "a", "import importlib.util\nregister('with' if importlib.util.find_spec('extra') else 'without', 1)\n"
        )
        application.settle()
        application.names()
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "with"], [])
        file.unlink()
        assert application.names()["names"] == ["t-a", "without"]

    def test_a_declared_input_that_was_absent_counts_once_it_is_there(self, application, tmp_path):
        extra = tmp_path / "wishes.txt"
        application.plugin(
            "a",
            f"import os\ndeclare(depends_on=[{str(extra)!r}])\nif os.path.exists({str(extra)!r}): register('wish', 1)\n",
        )
        application.settle()
        assert application.names()["names"] == ["t-a"]
        extra.write_text("")
        assert application.names()["names"] == ["t-a", "wish"]

    def test_a_stamp_that_was_young_is_never_trusted_later(self, application):
        file = application.plugin("a", "register('one', 1)\n", registers=None)
        application.settle()
        young = time.time_ns()
        os.utime(file, ns=(young, young))
        assert application.names()["names"] == ["one"]
        application.plugin("a", "register('two', 1)\n", registers=None)
        os.utime(file, ns=(young, young))  # as on a file system that counts in steps of two seconds
        assert application.names()["names"] == ["two"]

    def test_reading_the_whole_environment_does_not_make_every_start_slow(self, application):
        application.plugin("a", "import os\ndict(os.environ)\n")
        application.settle()
        application.names()
        assert application.names().imported == []

    def test_tuples_in_metadata_are_no_drift(self, application):
        application.plugin("a", "register('x', 1, aliases=('a', ('b',)))\n")
        application.settle()
        step = "things['x']; result['d'] = things.describe('x'); result['t'] = type(things.describe('x')['aliases']).__name__"
        for _ in range(2):
            assert application.run(step)["d"] == {"aliases": ["a", ["b"]]}
            assert application.run(step)["t"] == "list"
        notes = application.index.with_suffix(".notes").read_text()
        assert '"drifts": {}' in notes

    def test_another_version_of_a_zip_is_noticed(self, application):
        archive = application.site / "plugins.zip"
        application.environ["PYTHONPATH"] += os.pathsep + str(archive)
        for name in ("one", "second"):
            archive.parent.mkdir(exist_ok=True)
            with zipfile.ZipFile(archive, "w") as stream:
                stream.writestr("app/plugins/zipped.py", f"from app.api import register\nregister({name!r}, 1)\n")
            application.settle()
            assert application.names()["names"] == [name]

    @pytest.mark.parametrize("there", ["nothing", "the entry", "the application"])
    def test_an_entry_of_the_import_path_without_plugins_may_get_some(self, application, there):
        entry = application.root / "more"
        application.environ["PYTHONPATH"] += os.pathsep + str(entry)
        if there != "nothing":
            (entry / ("app" if there == "the application" else ".")).mkdir(parents=True)
        application.plugin("one")
        application.settle()
        assert application.names()["names"] == ["t-one"]
        assert application.names().imported == []

        (entry / "app" / "plugins").mkdir(parents=True, exist_ok=True)
        (entry / "app" / "plugins" / "two.py").write_text("from app.api import register\nregister('two', 2)\n")
        assert application.names()["names"] == ["t-one", "two"]

    def test_plugins_in_a_zip_are_woken_from_there(self, application):
        archive = application.root / "ext.zip"
        with zipfile.ZipFile(archive, "w") as writer:
            writer.writestr("app/plugins/zed.py", "from app.api import *\nregister('zed', 'from the zip')\n")
        application.environ["PYTHONPATH"] += os.pathsep + str(archive)
        application.settle()
        for _ in range(2):
            assert application.run("result['zed'] = things['zed']")["zed"] == "from the zip"

    def test_a_current_directory_that_is_gone_is_survived(self, primed):
        gone = primed.root / "gone"
        code = f"import os; os.mkdir({str(gone)!r}); os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n"
        code += "from app.api import things; print(things.names())"
        for _ in range(2):
            result = subprocess.run(
                [sys.executable, "-B", "-c", code], env=primed.environ, capture_output=True, text=True, check=False
            )
            assert (result.stdout, result.stderr) == ("('t-a', 't-b', 't-c')\n", "")

    def test_the_current_directory_on_the_path_has_records_of_its_own(self, application):
        for place, name in (("here", "h"), ("there", None)):
            folder = application.root / place / "app/plugins"
            folder.mkdir(parents=True)
            if name:
                (folder / f"{name}.py").write_text(f"from app.api import register\nregister('{name}', 1)\n")
        application.settle()
        code = "from app.api import things; print(things.names())"
        out = {
            place: subprocess.run(
                [sys.executable, "-B", "-c", code],
                env=application.environ,
                capture_output=True,
                text=True,
                check=True,
                cwd=application.root / place,
            ).stdout
            for place in ("here", "there")
        }
        assert out == {"here": "('h',)\n", "there": "()\n"}

    def test_another_import_path_has_records_of_its_own(self, primed, tmp_path):
        other = tmp_path / "other"
        (other / "app/plugins").mkdir(parents=True)
        (other / "app/plugins/d.py").write_text("from app.api import register\nregister('d', 1)\n")
        both = {"PYTHONPATH": f"{primed.environ['PYTHONPATH']}{os.pathsep}{other}"}
        assert primed.names(**both)["names"] == [*ALL, "d"]
        assert primed.names()["names"] == ALL
        assert primed.names().imported == []

    def test_an_interpreter_that_strips_docstrings_has_records_of_its_own(self, application):
        application.plugin("a", "def f(): 'What it does.'\nregister('f', f, summary=f.__doc__)\n")
        application.settle()
        step = "result['f'] = things.describe('f')"
        assert application.run(step, PYTHONOPTIMIZE="2")["f"] == {"summary": None}
        assert application.run(step)["f"] == {"summary": "What it does."}

    def test_an_application_that_orders_otherwise_has_records_of_its_own(self, application):
        api = (application.code / "app/api.py").read_text()
        application.write("app/api.py", api.replace('"app"', '"app", built_in_first="MIX" not in os.environ'))
        application.plugin("a")
        built_in = application.code / "app/plugins/b.py"
        built_in.parent.mkdir()
        built_in.write_text("from app.api import register\nregister('ours', 1)\n")
        application.settle()
        assert application.names()["names"] == ["ours", "t-a"]
        assert application.names(MIX="1")["names"] == ["t-a", "ours"]

    def test_what_was_written_a_moment_ago_is_looked_at_again(self, application):
        file = application.plugin("a", "register('one', 1)\n")
        application.names()
        status = file.stat()
        application.plugin("a", "register('two', 1)\n")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # as on a file system with coarse times
        assert application.names()["names"] == ["t-a", "two"]

    def test_plugins_toml_is_an_input(self, primed):
        config = primed.home / ".config/app"
        config.mkdir(parents=True)
        (config / "plugins.toml").write_text("[plugins.b]\nenabled = false\n")
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", "t-c"], [])
        (config / "plugins.toml").unlink()
        assert primed.names()["names"] == ALL

    def test_leaving_plugins_out_by_variable_needs_no_import_of_the_others(self, primed):
        run = primed.names(APP_NO_PLUGINS="b")
        assert run["names"] == ["t-a", "t-c"]
        assert primed.names().imported == []


class TestWake:
    """L5: the new contributions replace the primed ones in one step; drift is committed."""

    def drift(self, application):
        application.plugin(
            "a",
            f"from pathlib import Path\nregister(Path({str(application.root / 'name')!r}).read_text(), 1)\n",
            registers=None,
        )
        (application.root / "name").write_text("one")
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["one", "t-b"]
        (application.root / "name").write_text("two")

    def test_what_is_the_same_writes_nothing(self, primed):
        before = primed.index.stat()
        primed.run("things['t-a']")
        assert primed.index.stat() == before or primed.index.stat().st_mtime_ns == before.st_mtime_ns

    def test_a_withdrawn_name_is_an_error_that_says_the_record_has_been_refreshed(self, application):
        self.drift(application)
        run = application.run("result['x'] = things['one']")
        assert run["error"].startswith("PluginWithdrewError: plugin 'a' no longer contributes 'one' to 'things'")
        assert "its record has been updated" in run["error"]
        assert application.names()["names"] == ["two", "t-b"]

    @pytest.mark.parametrize(
        "registers",
        [
            "api.host.container.use(Own())",
            "provide(Annotated[int, Own()], 1)",
            "provide(Annotated[int, ('deep', Own(), function)], 1)",
            "provide(Own(), 1)",
        ],
    )
    def test_what_is_told_from_others_by_its_address_is_the_same_in_every_process(self, application, registers):
        application.plugin(
            "a",
            "from typing import Annotated\ndef function(): pass\n"
            f"class Own:\n    def __call__(self, key, proceed): return proceed(key)\n{registers}\n",
        )
        application.settle()
        application.names()
        before = application.index.stat().st_ino
        assert application.run("result['a'] = things['t-a']")["a"] == "a"
        assert application.index.stat().st_ino == before

    def test_after_drift_the_process_sees_what_is_there_now(self, application):
        self.drift(application)
        run = application.run(
            "try: things['one']\nexcept LookupError: pass",
            "result['names'] = things.names()",
            "result['two'] = things['two']",
        )
        assert run["names"] == ["two", "t-b"]
        assert run["two"] == 1


class TestWithoutAskingTheHost:
    """L1: what a plain import statement does is the same cold and warm."""

    def test_the_application_may_import_a_plugin_itself(self, primed):
        step = "host.start()\nimport app.plugins.b\nresult['b'] = things['t-b']\nresult['path'] = len(app.plugins.__path__)"
        runs = [primed.run(step), primed.run(step), primed.run(step, APP_PLUGINS_LAZY="0")]
        assert [run["b"] for run in runs] == ["b"] * 3
        assert len({run["path"] for run in runs}) == 1
        assert runs[0].imported == ["b"]

    @pytest.mark.parametrize("is_known", [False, True])
    def test_a_plugin_imported_before_the_others_were_looked_for_is_whole_also_the_next_time(
        self, application, is_known
    ):
        core = application.code / "app/plugins/core.py"
        core.parent.mkdir()
        core.write_text("from app.api import register\nregister('ours', 1)\n")
        application.plugin("a")
        application.settle()
        if is_known:
            application.names()
        early = ("import app.plugins.core", "result['names'] = things.names()", "result['ours'] = things['ours']")
        eager = application.run(*early, APP_PLUGINS_LAZY="0")
        for _ in range(2):
            run = application.run(*early)
            assert (run.result, run.stderr) == (eager.result, "")
        for _ in range(3):
            run = application.run(*early[1:])
            assert (run.result, run.stderr) == (eager.result, "")
        assert run.imported == []

    @pytest.mark.parametrize("is_started", [False, True])
    def test_a_plugin_elsewhere_may_be_imported_by_anybody(self, application, is_started):
        application.write(
            "acme.py",
            "from app import api\napi.register('acme', 1)\n"
            "class Wrapped:\n    def __init__(self, clock): self.clock = clock\n"
            "    def now(self): return 'wrapped ' + self.clock.now()\n"
            "api.host.container.decorate(api.Clock, Wrapped)\n",
        )
        application.write("acme-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
        application.write("acme-1.dist-info/entry_points.txt", "[app.plugins]\nacme = acme\n")
        application.settle()
        steps = ["result['names'] = things.names()", "result['now'] = host.container.get(api.Clock).now()"]
        steps.insert(int(is_started), "import acme")
        eager = application.run(*steps, APP_PLUGINS_LAZY="0")
        assert eager["now"] == "wrapped real"
        for _ in range(3):
            run = application.run(*steps)
            assert (run.result, run.stderr) == (eager.result, "")

    def test_the_code_of_a_disabled_plugin_does_not_run(self, primed):
        config = primed.home / ".config/app"
        config.mkdir(parents=True)
        (config / "plugins.toml").write_text("[plugins.b]\nenabled = false\n")
        for _ in range(2):
            run = primed.run("host.start()\nimport app.plugins.b")
            assert "is disabled" in run["error"]
            assert "b" not in run.imported


class TestFailure:
    """L6: all or nothing."""

    def test_a_broken_plugin_is_tried_at_every_start_and_named_each_time(self, application):
        application.plugin("a")
        application.plugin("b", "1/0\n")
        application.settle()
        for start in range(3):
            run = application.names()
            assert run["names"] == ["t-a"]
            assert run.imported == (["a", "b"] if start == 0 else ["b"])
            assert run.stderr.count("plugin 'b' could not be imported and is left out: ZeroDivisionError") == 1

    def test_a_mended_plugin_counts_at_the_next_start(self, application):
        application.plugin("b", "1/0\n")
        application.settle()
        application.names()
        application.plugin("b")
        assert application.names()["names"] == ["t-b"]

    def test_a_plugin_that_fails_when_it_is_woken_is_named_and_keeps_its_record(self, primed):
        primed.plugin(
            "b", "import os\nif os.path.exists('/proc/self') and open(api.__file__) and getattr(api, 'FAIL', 0): 1/0\n"
        )
        primed.settle()
        primed.names()
        run = primed.run("api.FAIL = 1", "result['b'] = things['t-b']")
        assert run["error"].startswith("PluginImportError: plugin 'b' could not be imported")
        assert primed.names()["names"] == ALL

    def test_an_overriding_plugin_that_fails_when_woken_gives_the_name_back(self, application):
        application.plugin("a", "register('x', 'a')\n")
        application.plugin("b", "if getattr(api, 'FAIL', 0): 1/0\nregister('x', 'b', override=True)\n")
        application.settle()
        application.names()
        run = application.run("api.FAIL = 1", "result['x'] = things['x']", "result['owner'] = things.owner('x').name")
        assert (run["x"], run["owner"]) == ("a", "a")
        assert "plugin 'b' could not be imported" in run.stderr

    def test_what_a_thread_of_a_failed_import_registered_is_gone(self, application):
        application.plugin(
            "a",
            "import threading\nt = threading.Thread(target=lambda: register('ghost', 1))\nt.start()\nt.join()\n1/0\n",
        )
        application.settle()
        assert application.names()["names"] == []

    @pytest.mark.parametrize("value", ["'\\ud800'", "float('nan')", "float('inf')", "{'\\ud800': 1}"])
    def test_metadata_that_cannot_be_written_down_breaks_its_plugin_alone(self, application, value):
        application.plugin("a", f"register('x', 1, t={value})\n")
        application.plugin("b")
        application.settle()
        for _ in range(2):
            run = application.names()
            assert run["names"] == ["t-b"]
            assert "metadata 't' of 'x'" in run.stderr

    def test_a_component_whose_plugin_fails_when_woken_falls_back_with_a_warning(self, application):
        application.plugin(
            "b",
            "if getattr(api, 'FAIL', 0): 1/0\nclass Mine(api.Clock):\n    def now(self): return 'mine'\nprovide(api.Clock, Mine)\n",
        )
        application.settle()
        application.names()
        run = application.run("api.FAIL = 1", "result['now'] = host.container.get(api.Clock).now()")
        assert run["now"] == "real"
        assert "plugin 'b' could not be imported" in run.stderr


class TestEager:
    """L7 and L8: eager by the author, by the user, or since more was done than registering."""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("declare(eager=True)\n", "its author says so"),
            ("import atexit\natexit.register(len, ())\n", "registers an exit handler"),
            ("import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()\n", "starts a thread"),
            ("import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n", "installs a signal handler"),
            (
                "import sys\nclass Finder:\n    def find_spec(*_): return None\nsys.meta_path.append(Finder())\n",
                "changes sys.meta_path",
            ),
            (
                "import colorsys\ndef rgb_to_hsv(*a): return 'x'\ncolorsys.rgb_to_hsv = rgb_to_hsv\n",
                "replaces colorsys.rgb_to_hsv",
            ),
            (
                "import textwrap\ndef wrap(*a): return 'x'\ntextwrap.TextWrapper.wrap = wrap\n",
                "replaces textwrap.TextWrapper.wrap",
            ),
            ("import sys\ndef hook(*a): pass\nsys.excepthook = hook\n", "replaces sys.excepthook"),
            ("import os\nos.environ['MARK'] = '1'\n", "changes the environment variable MARK"),
        ],
    )
    def test_a_plugin_that_does_more_is_imported_at_every_start_with_its_reason(self, application, text, reason):
        application.plugin("a")
        application.plugin("b", text)
        application.settle()
        application.names()
        run = application.run(
            "things.names()", "p = host.plugin('b'); result.update(reason=p.reason, eager=p.eager, cost=p.cost_ms)"
        )
        assert run.imported == ["b"]
        assert reason in run["reason"]
        assert run["eager"] is True
        assert run["cost"] > 0

    def test_a_plugin_that_adds_to_an_eager_registry_or_around_the_container_is_imported_at_every_start(
        self, application
    ):
        application.plugin("a", "api.host.registry('listeners', eager=True).register('x', 1)\n")
        application.plugin("b", "api.host.container.use(lambda key, proceed: proceed(key))\n")
        application.plugin("c")
        application.settle()
        for _ in range(2):
            application.run("host.registry('listeners', eager=True).names()")
        run = application.run(
            "result['names'] = host.registry('listeners', eager=True).names()",
            "result['why'] = host.plugin('a').reason",
        )
        assert run.result == {"names": ["x"], "why": "it adds to 'listeners', which counts from the start"}
        assert run.imported == ["a", "b"]

    def test_a_registry_that_turns_out_to_count_from_the_start_wakes_those_that_add_to_it(self, application):
        application.plugin("a", "api.host.registry('watchers').register('w', 1)\n")
        application.plugin("b")
        application.settle()
        steps = "result['names'] = things.names()", "host.registry('watchers', eager=True)"
        application.run(*steps)
        run = application.run(*steps)
        assert (run["names"], run.imported) == (["t-a", "t-b"], ["a"])

    def test_a_registry_of_plain_data_never_imports_a_plugin(self, application):
        application.plugin("a", "api.host.data_registry('themes').register('dark', colour='#000', sizes=(1, 2))\n")
        application.settle()
        steps = (
            "themes = host.data_registry('themes')\nresult['names'] = themes.names()\nresult['dark'] = dict(themes['dark'])",
        )
        assert application.run(*steps).imported == ["a"]
        run = application.run(*steps)
        assert run.result == {"names": ["dark"], "dark": {"colour": "#000", "sizes": [1, 2]}}
        assert run.imported == []

    def test_a_plugin_is_eager_when_the_user_says_so(self, primed):
        config = primed.home / ".config/app"
        config.mkdir(parents=True)
        (config / "plugins.toml").write_text("[plugins.b]\neager = true\n")
        primed.names()
        assert primed.names().imported == ["b"]

    def test_a_patch_of_a_module_imported_by_from_is_seen(self, application):
        application.write("app/core.py", "def fmt(): return 'plain'\n")
        application.plugin("a", "from app import core\ndef mine(): return 'patched'\ncore.fmt = mine\n")
        application.settle()
        step = "host.start()\nfrom app import core\nresult['fmt'] = core.fmt()"
        assert [application.run(step)["fmt"] for _ in range(2)] == ["patched"] * 2

    def test_what_an_author_declares_does_not_undo_what_the_user_wishes(self, application):
        application.plugin("a", "declare(after=['zz'])\n")
        config = application.home / ".config/app"
        config.mkdir(parents=True)
        (config / "plugins.toml").write_text("[plugins.a]\neager = true\n")
        application.settle()
        for _ in range(2):
            run = application.run("host.start()", "result['why'] = host.plugin('a').reason")
            assert run.imported == ["a"]
            assert run["why"].startswith("eager in ")

    @pytest.mark.parametrize(
        "module",
        [
            "logging",
            "concurrent.futures.thread",
            "asyncio",
            "multiprocessing",
            "weakref",
            "unittest.mock",
            "doctest",
            "xmlrpc.client",
            "ctypes",
            "decimal",
            "sqlite3",
            "ssl",
            "tempfile",
            "importlib.metadata",
            "hypothesis",
            "pytest",
            "sphinx",
            "rich.console",
        ],
    )
    def test_importing_a_common_library_is_no_reason(self, application, module):
        application.plugin("a", f"import {module}\n")
        application.settle()
        application.names()
        run = application.run("result['names'] = things.names()", "result['reason'] = host.plugin('a').reason")
        assert run["reason"] is None
        assert run.imported == []


class TestConcurrency:
    """L10: threads and processes; an index that cannot be used is a cold start, never an error."""

    def damaged(self, application, data):
        application.index.write_bytes(data)
        run = application.names()
        assert run["names"] == ALL
        assert run.stderr == ""
        assert application.names().imported == []

    def test_a_torn_index_is_a_cold_start(self, primed):
        whole = primed.index.read_bytes()
        for length in (0, 1, 20, 60, len(whole) // 3, len(whole) // 2):
            self.damaged(primed, whole[:length])

    def test_a_flipped_bit_anywhere_is_noticed(self, primed):
        whole = primed.index.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 23)):
            self.damaged(primed, whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])

    def test_damage_that_shows_only_while_the_program_runs_is_mended_without_a_word(self, primed):
        data = primed.index.read_bytes()
        place = data.index(b"\nt-b\x1fapp.plugins.b") + 2
        primed.index.write_bytes(data[:place] + b"#" + data[place + 1 :])
        run = primed.run(
            "result['a'] = things.names()[0]",
            "result['b'] = things['t-b']",
            "result['described'] = things.describe('t-a')",
            "result['states'] = [plugin.state for plugin in host.plugins]",
        )
        assert run.result == {"a": "t-a", "b": "b", "described": {"summary": "by a"}, "states": ["active"] * 3}
        assert run.stderr == ""
        assert sorted(run.imported) == ["a", "b", "c"]
        assert primed.names()["names"] == ALL

    def test_an_index_of_another_version_is_a_cold_start(self, primed):
        self.damaged(primed, primed.index.read_bytes().replace(MAGIC, b"pegboard-index 0 "))

    def test_an_index_that_others_can_write_is_refused(self, primed):
        primed.index.chmod(0o666)
        assert primed.names().imported == ["a", "b", "c"]
        assert stat.S_IMODE(primed.index.stat().st_mode) == 0o600

    def test_a_process_that_closes_its_files_goes_on(self, primed):
        run = primed.run(
            "host.start()",
            "import os; os.closerange(3, 99); kept = open(api.__file__); result['d'] = things.describe('t-a')",
            "import gc; host = None; gc.collect(); result['names'] = things.names()",
        )
        assert run["d"] == {"summary": "by a"}
        assert run["names"] == ALL

    def test_a_folder_in_the_indexs_place_is_survived(self, primed):
        index = primed.index
        index.unlink()
        index.mkdir()
        for _ in range(2):
            assert primed.names()["names"] == ALL

    def test_a_cache_that_cannot_be_written_costs_only_speed(self, application):
        for name in "abc":
            application.plugin(name)
        (application.home / ".cache").write_text("a file where the folder should be")
        application.settle()
        for _ in range(2):
            run = application.names()
            assert (run["names"], run.imported, run.stderr) == (ALL, ["a", "b", "c"], "")

    def test_processes_started_at_once_all_work_and_leave_one_whole_index(self, application):
        for number in range(20):
            application.plugin(f"p{number:02}")
        application.settle()
        runs = []
        threads = [threading.Thread(target=lambda: runs.append(application.names())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [run.result.get("error") for run in runs] == [None] * 8
        assert {tuple(run["names"]) for run in runs} == {tuple(f"t-p{number:02}" for number in range(20))}
        assert application.names().imported == []
        assert sorted(path.suffix for path in application.index.parent.iterdir() if path.is_file()) == [
            ".index",
            ".notes",
            ".records",
        ]

    def test_threads_that_start_at_once_import_each_plugin_once(self, application):
        for name in "abc":
            application.plugin(name)
        application.settle()
        step = """
import threading
start = threading.Barrier(8)
seen = []
def look():
    start.wait()
    seen.append((things.names(), things['t-b']))
threads = [threading.Thread(target=look) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
result['seen'] = seen
"""
        for _ in range(2):
            run = application.run(step)
            assert run["seen"] == [[ALL, "b"]] * 8
            assert len(run.imported) == len(set(run.imported))
        assert application.names()["names"] == ALL

    def test_threads_that_wake_plugins_at_once_all_get_them(self, application):
        names = [f"t-p{number:02}" for number in range(12)]
        for name in names:
            application.plugin(name[2:])
        application.settle()
        application.names()
        step = f"""
import sys, threading
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
errors = []
def look(shift):
    start.wait()
    for number in range(12):
        name = {names!r}[(number + shift) % 12]
        try:
            assert things[name] == name[2:]
        except BaseException as error:
            errors.append(repr(error))
threads = [threading.Thread(target=look, args=(number // 4,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
result['errors'] = errors
"""
        for _ in range(10):
            run = application.run(step)
            assert (run["errors"], run.stderr) == ([], "")
            assert sorted(run.imported) == [name[2:] for name in names]

    def test_a_plugin_that_a_faster_thread_is_waking_was_not_imported_early(self, application):
        application.write("gate.py", "def wait(): pass\n")
        application.plugin("a", "import gate\ngate.wait()\n")
        application.settle()
        application.names()
        step = """
import gate, threading
is_entered, is_open = threading.Event(), threading.Event()
def wait():
    is_entered.set()
    is_open.wait()
gate.wait = wait
manager = type(host.manager)
check_journal = manager._check_journal
def slowly(self):
    if threading.current_thread() is slow:  # it has found that nothing was ready yet, and is overtaken
        is_entered.wait()
    check_journal(self)
manager._check_journal = slowly
def look():
    host.start()
    result['names'] = things.names()
    is_open.set()
    result['item'] = things['t-a']
slow = threading.Thread(target=look)
fast = threading.Thread(target=lambda: things['t-a'])
for thread in (slow, fast): thread.start()
for thread in (slow, fast): thread.join()
"""
        run = application.run(step)
        assert (run.result, run.stderr) == ({"names": ["t-a"], "item": "a"}, "")

    def test_an_interrupted_first_start_is_followed_by_a_good_one(self, application):
        application.plugin("a")
        application.plugin("b", "import os\nif os.environ.get('STOP'): os.kill(os.getpid(), 9)\n")
        application.plugin("c")
        application.settle()
        assert application.process("things.names()", STOP="1").returncode == -signal.SIGKILL
        assert application.names()["names"] == ALL


class TestDeterminism:
    """L11: same environment, same bytes; and an index is the owner's alone."""

    def test_the_same_environment_gives_the_same_bytes(self, primed):
        primed.names()
        first = primed.index.read_bytes()
        primed.index.unlink()
        primed.names()
        second = primed.index.read_bytes()
        assert first == second

    def test_what_killed_processes_left_half_written_is_removed_in_time(self, primed):
        folder = primed.index.parent
        left, current = (folder / f"{primed.index.name}.{number}.1.tmp" for number in "12")
        for file in (left, current):
            file.write_bytes(b"")
        primed.age(left, 2 * 24 * 3600)
        primed.plugin("d")
        primed.names()
        assert (left.exists(), current.exists()) == (False, True)

    def test_only_the_owner_may_read_it(self, primed):
        assert stat.S_IMODE(primed.index.stat().st_mode) == 0o600

    def test_indexes_of_forgotten_environments_are_removed(self, primed, tmp_path):
        for number in range(30):
            primed.names(PYTHONPATH=f"{primed.environ['PYTHONPATH']}{os.pathsep}{tmp_path / str(number)}")
        assert len([path for path in (primed.home / ".cache/app").iterdir() if path.is_file()]) <= 33


def test_the_hot_path_imports_few_modules(primed):
    code = (
        "import sys; before = set(sys.modules)\n"
        "from app.api import things\n"
        "things['t-a']\n"
        "new = [name for name in set(sys.modules) - before if name.partition('.')[0] not in ('app', 'trace_of_imports')]\n"
        "print(len(new), sorted(new))\n"
    )
    primed.write(
        "app/api.py",
        "from pegboard import Host\nhost = Host('app')\nthings = host.registry('things')\nregister = things.register\n",
    )
    primed.plugin("a", "")
    primed.settle()
    environ = primed.environ
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-B", "-c", code], env=environ, capture_output=True, text=True, check=True, cwd=primed.root
        )
    count = int(result.stdout.split()[0])
    assert count <= 10, result.stdout


class TestNamesOfTheApplication:
    """A start in which the application itself registers other names reports the clashes that there are then."""

    CLASH = "the application already has"

    def clashes(self, application, *names, **environ):
        steps = [f"things.register({name!r}, 'own')" for name in names]
        run = application.run(*steps, "result['names'] = things.names()", **environ)
        assert set(names) <= set(run["names"])
        return [line.split("'")[3] for line in run.stderr.splitlines() if self.CLASH in line], run.imported

    def test_a_clash_with_a_name_that_the_application_no_longer_registers_is_not_reported(self, primed):
        assert self.clashes(primed, "t-a")[0] == ["t-a"]
        assert self.clashes(primed, "t-a") == (["t-a"], [])  # from the index
        assert self.clashes(primed) == ([], [])

    def test_a_clash_with_a_name_that_the_application_registers_for_the_first_time_is_reported(self, primed):
        assert self.clashes(primed) == ([], [])
        assert self.clashes(primed, "t-b", "t-c") == (["t-b", "t-c"], [])
        assert self.clashes(primed, "t-c", "other") == (["t-c"], [])

    @pytest.mark.parametrize("names", [(), ("t-a",), ("t-b", "t-c"), ("own",)])
    def test_the_same_is_reported_lazily_and_eagerly(self, primed, names):
        eagerly, _ = self.clashes(primed, *names, APP_PLUGINS_LAZY="0")
        assert eagerly == [name for name in names if name != "own"]
        for _ in range(2):
            assert self.clashes(primed, *names) == (eagerly, [])
