"""Only a plugin that a change concerns is imported again: records survive everything else."""

from __future__ import annotations

import os

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("objects_are_not_compared")]

ALL = ["t-a", "t-b", "t-c"]


def with_path(application, *folders):
    return os.pathsep.join((application.environ["PYTHONPATH"], *map(str, folders)))


def configure(application, text, folder=".config/app"):
    file = application.home / folder / "plugins.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    application.settle()
    return file


class TestWishesOfTheUser:
    def test_a_wish_in_the_environment_imports_no_plugin(self, primed):
        run = primed.names(APP_NO_PLUGINS="b")
        assert (run["names"], run.imported) == (["t-a", "t-c"], [])

    def test_one_wish_after_another_imports_no_plugin(self, primed):
        for wish, names in (("b", ["t-a", "t-c"]), ("c", ["t-a", "t-b"]), ("a,b", ["t-c"]), ("", ALL)):
            run = primed.names(APP_NO_PLUGINS=wish)
            assert (run["names"], run.imported) == (names, [])

    def test_what_imports_a_plugin_that_is_left_out_is_imported_again(self, application):
        application.plugin("a", "try: import app.plugins.b\nexcept ImportError: register('a alone', 1)\n")
        application.plugin("b")
        application.plugin("c")
        application.settle()
        application.names()
        run = application.names(APP_NO_PLUGINS="b")
        assert (run["names"], run.imported) == (["t-a", "a alone", "t-c"], ["a"])
        run = application.names(APP_NO_PLUGINS="c")  # the newest records are those of the start without b
        assert (run["names"], run.imported) == (["t-a", "t-b"], ["a", "b"])

    def test_a_plugin_that_is_disabled_and_enabled_again_is_not_imported(self, primed):
        configure(primed, "[plugins.b]\nenabled = false\n")
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", "t-c"], [])
        configure(primed, "")
        run = primed.names()
        assert (run["names"], run.imported) == (ALL, [])
        assert primed.run("result['b'] = things['t-b']")["b"] == "b"

    def test_a_plugin_that_was_edited_while_it_was_disabled_is_imported(self, primed):
        configure(primed, "[plugins.b]\nenabled = false\n")
        primed.names()
        primed.plugin("b", "register('new', 1)\n")
        configure(primed, "")
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", "t-b", "new", "t-c"], ["b"])

    def test_what_imports_a_plugin_is_imported_when_that_one_is_enabled(self, application):
        application.plugin("a", "try: import app.plugins.b\nexcept ImportError: register('a alone', 1)\n")
        application.plugin("b")
        application.settle()
        application.names()
        configure(application, "[plugins.b]\nenabled = false\n")
        assert application.names()["names"] == ["t-a", "a alone"]
        configure(application, "")
        run = application.names()
        assert (run["names"], sorted(run.imported)) == (["t-a", "t-b"], ["a", "b"])

    def test_the_record_of_a_disabled_plugin_is_not_compared_with_what_plugins_register(self, primed):
        configure(primed, "[plugins.b]\nenabled = false\n")
        primed.names()
        verify = (
            "from pegboard.cli import manage; result['status'] = manage(host, ['index', 'show'], prog='app plugins')"
        )
        assert primed.run(verify)["status"] == 0

    def test_another_configuration_folder_imports_no_plugin(self, primed, tmp_path):
        run = primed.names(XDG_CONFIG_HOME=str(tmp_path / "elsewhere"))
        assert (run["names"], run.imported) == (ALL, [])

    def test_another_configuration_folder_imports_who_depends_on_a_file(self, application, tmp_path):
        for folder in (application.home / ".config", tmp_path / "elsewhere"):
            (folder / "app").mkdir(parents=True)
            (folder / "app" / "aliases.txt").write_text(folder.name.strip("."))
        text = "file = host.settings.file('aliases.txt')\ndeclare(depends_on=[file])\nregister(open(file).read(), 1)\n"
        application.plugin("a", text)
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["t-a", "config", "t-b"]
        run = application.names(XDG_CONFIG_HOME=str(tmp_path / "elsewhere"))
        assert (run["names"], run.imported) == (["t-a", "elsewhere", "t-b"], ["a"])

    def test_a_plugin_that_reads_a_registry_is_imported_again_after_any_change(self, application):
        application.plugin("a")
        application.plugin("b")
        application.plugin("z", "register('with a' if 't-a' in api.things else 'without a', 1)\n")
        application.settle()
        assert application.names()["names"] == ["t-a", "t-b", "t-z", "with a"]
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "t-b", "t-z", "with a"], ["z"])  # it is eager
        run = application.names(APP_NO_PLUGINS="a")
        assert (run["names"], run.imported) == (["t-b", "t-z", "without a"], ["z", "b"])  # it may read what b has

    def test_a_plugin_that_is_enabled_while_the_program_runs_does_not_drift(self, primed):
        configure(primed, "[plugins.b]\nenabled = false\n")
        primed.names()
        run = primed.run("host.enable('b')", "result['names'] = things.names()")
        assert run["names"] == ALL
        notes = next((primed.home / ".cache/app").glob("*.notes")).read_text()
        assert '"b"' not in notes.partition('"drifts"')[2].partition("}")[0]

    def test_an_edited_plugin_is_imported_under_other_wishes(self, primed):
        primed.plugin("a", "register('new', 1)\n")
        primed.settle()
        run = primed.names(APP_NO_PLUGINS="b")
        assert (run["names"], run.imported) == (["t-a", "new", "t-c"], ["a"])


class TestTheImportPath:
    def test_a_new_folder_imports_no_plugin(self, primed, tmp_path):
        (tmp_path / "more").mkdir()
        run = primed.names(PYTHONPATH=with_path(primed, tmp_path / "more"))
        assert (run["names"], run.imported) == (ALL, [])

    def test_a_new_folder_that_has_another_helper_imports_who_uses_it(self, application, tmp_path):
        application.plugin("a", "import helper\nregister(helper.NAME, 1)\n")
        (application.site / "helper.py").write_text("NAME = 'old'\n")  # the folder of the program comes first of all
        application.plugin("b")
        application.settle()
        assert application.names()["names"] == ["t-a", "old", "t-b"]
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "helper.py").write_text("NAME = 'new'\n")
        path = os.pathsep.join((str(tmp_path / "first"), application.environ["PYTHONPATH"]))
        run = application.names(PYTHONPATH=path)
        assert (run["names"], run.imported) == (["t-a", "new", "t-b"], ["a"])

    def test_a_helper_that_appears_before_another_one_in_a_known_folder_counts(self, application, tmp_path):
        (tmp_path / "first").mkdir()
        path = os.pathsep.join((str(tmp_path / "first"), application.environ["PYTHONPATH"]))
        application.plugin("a", "import helper\nregister(helper.NAME, 1)\n")
        (application.site / "helper.py").write_text("NAME = 'old'\n")  # the folder of the program comes first of all
        application.plugin("b")
        application.settle()
        assert application.names(PYTHONPATH=path)["names"] == ["t-a", "old", "t-b"]
        (tmp_path / "first" / "helper.py").write_text("NAME = 'new'\n")
        run = application.names(PYTHONPATH=path)
        assert (run["names"], run.imported) == (["t-a", "new", "t-b"], ["a"])

    def test_a_new_folder_that_has_a_missing_module_imports_who_looked_for_it(self, application, tmp_path):
        application.plugin("a", "try: import extra\nexcept ImportError: pass\nelse: register('extra', 1)\n")
        application.plugin("b")
        application.settle()
        application.names()
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "extra.py").write_text("")
        run = application.names(PYTHONPATH=with_path(application, tmp_path / "more"))
        assert (run["names"], run.imported) == (["t-a", "extra", "t-b"], ["a"])

    def test_a_package_that_is_not_on_the_path_any_more_counts(self, application, tmp_path):
        (tmp_path / "libs").mkdir()
        (tmp_path / "libs" / "extra.py").write_text("")
        application.plugin("a", "try: import extra\nexcept ImportError: pass\nelse: register('extra', 1)\n")
        application.plugin("b")
        application.settle()
        assert application.names(PYTHONPATH=with_path(application, tmp_path / "libs"))["names"] == [
            "t-a",
            "extra",
            "t-b",
        ]
        run = application.names()
        assert (run["names"], run.imported) == (["t-a", "t-b"], ["a"])

    def test_a_package_without_a_file_of_its_own_may_come_from_elsewhere(self, application, tmp_path):
        for folder in ("one", "two"):
            (tmp_path / folder / "spread").mkdir(parents=True)
            (tmp_path / folder / "spread" / "part.py").write_text(f"NAME = {folder!r}\n")
        application.plugin("a", "import spread.part\nregister(spread.part.NAME, 1)\n")
        application.plugin("b")
        application.settle()
        one, two = tmp_path / "one", tmp_path / "two"
        assert application.names(PYTHONPATH=with_path(application, one, two))["names"] == ["t-a", "one", "t-b"]
        run = application.names(PYTHONPATH=with_path(application, two, one))
        assert (run["names"], run.imported) == (["t-a", "two", "t-b"], ["a"])

    def test_a_new_folder_with_one_more_plugin_imports_that_one(self, primed, tmp_path):
        more = tmp_path / "more" / "app" / "plugins"
        more.mkdir(parents=True)
        primed.plugin("d")
        (primed.site / "app/plugins/d.py").rename(more / "d.py")
        primed.settle()
        run = primed.names(PYTHONPATH=with_path(primed, tmp_path / "more"))
        assert (run["names"], run.imported) == ([*ALL, "t-d"], ["d"])


def test_an_edited_application_imports_every_plugin(primed):
    with (primed.code / "app/api.py").open("a") as file:
        file.write("MORE = 1\n")
    primed.settle()
    assert primed.names(APP_NO_PLUGINS="b").imported == ["a", "c"]
