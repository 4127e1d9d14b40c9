"""What discovery does in one process, with files in folders; the forms of installation are tested in `installs/`."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import random
import subprocess
import sys
import tempfile
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, ModuleSpec, PathFinder
from pathlib import Path

import pytest

from pegboard.errors import DuplicatePluginError, PluginFolderError, PluginNotImportableError, StrayPackageFileError
from pegboard.importer import extend_namespace
from pegboard.startup.discovery import discover, finders
from pegboard.startup.discovery.distributions import _newest_first

APP = "pinboard"


def by_name(found):
    return {candidate.name: candidate for candidate in found.candidates}


def import_all(found, application=APP):
    extend_namespace(application, found.portions, found.init)
    return {candidate.name: importlib.import_module(candidate.module) for candidate in found.candidates}


@pytest.fixture
def app(tree):
    tree.write(f"{APP}/__init__.py")
    tree.write(f"{APP}/api/__init__.py")
    return tree


def add_distribution(tree, name, version="1.0", record=(), entry_points=""):
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    tree.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not this one\n")
    tree.write(f"{info}/RECORD", "".join(f"{path},,\n" for path in record))
    if entry_points:
        tree.write(f"{info}/entry_points.txt", entry_points)


# -- sources ----------------------------------------------------------------------------------------------------------


def test_discover_imports_nothing_of_the_application(app):
    app.write(f"{APP}/plugins/one.py", "raise SystemExit")
    found = discover(APP)
    assert [candidate.name for candidate in found.candidates] == ["one"]
    assert not [name for name in sys.modules if name.startswith(APP)]


def test_discover_of_an_application_that_is_nowhere_finds_nothing(interpreter):
    found = discover("no_such_application")
    assert (found.candidates, found.portions, found.problems, found.init) == ((), (), (), None)


def test_discover_puts_built_in_plugins_first_then_names(app, tmp_path):
    app.write(f"{APP}/plugins/zz.py")
    app.write(f"{APP}/plugins/aa.py")
    sys.path.append(str(tmp_path / "more"))
    for name in ("mm", "bb"):
        app.write(f"../more/{APP}/plugins/{name}.py")
    assert [(c.name, c.source) for c in discover(APP).candidates] == [
        ("aa", "built-in"),
        ("zz", "built-in"),
        ("bb", "namespace"),
        ("mm", "namespace"),
    ]


def test_discover_does_not_depend_on_the_order_of_the_file_system(app, tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    for name in "dbca":
        app.write(f"{APP}/plugins/{name}.py")
        app.write(f"../folder/{name}{name}.py")
        add_distribution(app, f"acme-{name}", entry_points=f"[{APP}.plugins]\nx = gone_{name}\n")
    shown = [repr(discover(APP, folder=str(folder)).candidates)]
    listdir = os.listdir

    def shuffled(path="."):
        names = listdir(path)
        random.Random(7).shuffle(names)
        return names

    monkeypatch.setattr(os, "listdir", shuffled)
    shown.append(repr(discover(APP, folder=str(folder)).candidates))
    assert shown[0] == shown[1]


def test_copy_of_the_application_that_is_loaded_is_its_home(app, tmp_path):
    """Also when another copy has got in front of it since."""
    app.write(f"{APP}/plugins/own.py")
    importlib.import_module(APP)
    sys.path.insert(0, str(tmp_path / "other"))
    for path in (f"{APP}/__init__.py", f"{APP}/api.py", f"{APP}/plugins/own.py"):
        app.write(f"../other/{path}")
    found = discover(APP)
    assert [(c.source, c.origin) for c in found.candidates] == [
        ("built-in", str(app.root / APP / "plugins" / "own.py"))
    ]
    assert import_all(found)["own"].__file__ == found.candidates[0].origin
    assert found.problems == ()


def test_dotted_application(tree, tmp_path):
    tree.write("acme_suite/__init__.py")
    tree.write("acme_suite/notes/__init__.py")
    tree.write("acme_suite/notes/api.py")
    tree.write("acme_suite/notes/plugins/own.py")
    sys.path.append(str(tmp_path / "more"))
    tree.write("../more/acme_suite/notes/plugins/other.py")
    found = discover("acme_suite.notes")
    assert [(c.name, c.source) for c in found.candidates] == [("own", "built-in"), ("other", "namespace")]
    assert set(import_all(found, "acme_suite.notes")) == {"own", "other"}


def test_application_that_is_a_module_rather_than_a_package(tree, tmp_path):
    tree.write("solo.py", "x = 1")
    tree.write("../folder/note.py", "import solo; y = solo.x")
    found = discover("solo", folder=str(tmp_path / "folder"))
    assert import_all(found, "solo")["note"].y == 1


def test_distribution_is_told_by_record(app):
    app.write(f"{APP}/plugins/px.py")
    app.write(f"{APP}/plugins/own.py")
    add_distribution(
        app, "pinboard-app", "3.0", [f"{APP}/__init__.py", f"{APP}/api/__init__.py", f"{APP}/plugins/own.py"]
    )
    add_distribution(app, "acme.px", "0.1.1", [f"{APP}/plugins/px.py"])
    found = by_name(discover(APP))
    assert (str(found["own"].distribution), found["own"].source) == ("pinboard-app 3.0", "built-in")
    assert (str(found["px"].distribution), found["px"].source) == ("acme.px 0.1.1", "namespace")


def test_distribution_that_scatters_files_over_the_application_is_not_taken_for_it(app):
    app.write(f"{APP}/plugins/own.py")
    add_distribution(app, "pinboard-app", record=[f"{APP}/api/__init__.py", f"{APP}/plugins/own.py"])
    add_distribution(app, "acme-bad", record=[f"{APP}/__init__.py", f"{APP}/a.py", f"{APP}/b.py"])
    found = discover(APP)
    assert (str(found.candidates[0].distribution), found.candidates[0].source) == ("pinboard-app 1.0", "built-in")
    assert [problem.code for problem in found.problems] == ["stray-package-file"]


def test_distribution_with_damaged_metadata_is_named_after_its_directory(app):
    app.write(f"{APP}/plugins/px.py")
    add_distribution(app, "acme-px", "0.1.1", [f"{APP}/plugins/px.py"])
    (app.root / "acme_px-0.1.1.dist-info" / "METADATA").write_bytes(b"\xff\xfe\0")
    assert str(by_name(discover(APP))["px"].distribution) == "acme_px 0.1.1"


@pytest.mark.parametrize("version", ["1²3", "٣.0", "9" * 200, "१", "", "-", "1.0\x1b[2J", "\udcff", "١²"])
def test_distribution_with_an_odd_version_is_found(app, version):
    app.write(f"{APP}/plugins/a.py")
    app.write(f"acme-{version}.dist-info/RECORD", f"{APP}/plugins/a.py,,\n")
    app.write("acme-0.9.dist-info/RECORD", f"{APP}/plugins/a.py,,\n")
    (found,) = discover(APP).candidates
    assert found.name == "a"
    assert found.distribution.name == "acme"


def test_newer_versions_come_first_however_many_digits_they_have():
    names = ["a-2.dist-info", "a-10.dist-info", f"a-{'9' * 300}.dist-info", "a-1²0.dist-info"]
    assert sorted(names, key=_newest_first) == [names[2], names[1], names[0], names[3]]


def test_distribution_with_a_name_without_end_is_named_by_its_beginning(app):
    app.write(f"{APP}/plugins/a.py")
    app.write("acme-1.0.dist-info/METADATA", f"Name: {'x' * 5_000_000}\nVersion: {'1' * 5_000_000}\n")
    app.write("acme-1.0.dist-info/RECORD", f"{APP}/plugins/a.py,,\n")
    (found,) = discover(APP).candidates
    assert len(str(found.distribution)) < 600


def test_record_with_quoted_and_foreign_lines(app):
    app.write(f"{APP}/plugins/px/a,b.txt")  # the only thing by which the directory is owned
    add_distribution(app, "acme-px", record=[f'"{APP}/plugins/px/a,b.txt"', "../../bin/x"])
    assert str(by_name(discover(APP))["px"].distribution) == "acme-px 1.0"


def test_a_library_that_stands_in_for_importlib_metadata_finds_nothing_twice(app):
    finder = type(
        "MetadataPathFinder",
        (),
        {"__module__": "importlib_metadata", "find_distributions": lambda *_: importlib.metadata.distributions()},
    )
    sys.meta_path.append(finder())
    app.write(f"{APP}/plugins/px.py")
    for version in ("0.9", "0.10"):
        add_distribution(app, "acme-px", version, [f"{APP}/plugins/px.py"])
    assert [problem.code for problem in discover(APP).problems] == ["stale-metadata"]


def test_older_metadata_that_a_broken_upgrade_left_is_not_believed(app):
    app.write(f"{APP}/plugins/px.py")
    for version in ("0.9", "0.10"):
        add_distribution(app, "acme-px", version, [f"{APP}/plugins/px.py"])
    found = discover(APP)
    assert str(by_name(found)["px"].distribution) == "acme-px 0.10"
    assert [problem.code for problem in found.problems] == ["stale-metadata"]


def add_editable(tree, name, root):
    """Install *root* the way most back ends do: a `.pth` file that names it."""
    add_distribution(tree, name, record=[f"{name}.pth"])
    tree.write(f"{name}.pth", f"# a comment\n\nimport nothing_of_ours\n{root}\n")
    sys.path.append(str(root))


def test_directory_without_init_in_an_editable_tree_counts_only_with_modules(app, tmp_path):
    add_editable(app, "acme-px", tmp_path / "src")
    app.write(f"../src/{APP}/plugins/px/part.py")
    app.write(f"../src/{APP}/plugins/left/user.cfg")
    app.write(f"../src/{APP}/plugins/over/__pycache__/part.pyc")
    app.write(f"../src/{APP}/plugins/over/deep/part.txt")
    found = discover(APP)
    assert [(c.name, str(c.distribution)) for c in found.candidates] == [("px", "acme-px 1.0")]
    assert list(import_all(found)["px"].__path__) == [str(tmp_path / "src" / APP / "plugins" / "px")]


def test_environment_inside_an_editable_tree_is_none_of_its_business(app, tmp_path):
    add_editable(app, "acme-px", tmp_path / "repo")
    app.write(f"../repo/{APP}/plugins/px.py")
    inside = tmp_path / "repo" / ".venv" / "site-packages"
    app.write(f"../repo/.venv/site-packages/{APP}/plugins/py.py")
    sys.path.append(str(inside))
    found = by_name(discover(APP))
    assert {name: item.distribution and item.distribution.name for name, item in found.items()} == {
        "px": "acme-px",
        "py": None,
    }


def test_folder_inside_an_editable_tree_belongs_to_the_user_all_the_same(app, tmp_path):
    add_editable(app, "acme-px", tmp_path / "src")
    app.write("../src/folder/data/part.py")
    app.write("../src/folder/note.py")
    found = discover(APP, folder=str(tmp_path / "src" / "folder"))
    assert [(c.name, c.source, c.distribution) for c in found.candidates] == [("note", "folder", None)]


def test_monorepo_editable_is_told_by_the_nearest_project(app, tmp_path):
    """Without a `.pth` file of its own, the project that PEP 610 names."""
    for name, folder in (("acme-all", "repo"), ("acme-px", "repo/px")):
        add_distribution(app, name, record=[f"{name}.dist-info/direct_url.json"])
        info = app.root / f"{name.replace('-', '_')}-1.0.dist-info"
        origin = {"url": (tmp_path / folder).as_uri(), "dir_info": {"editable": True}}
        info.joinpath("direct_url.json").write_text(json.dumps(origin))
    for place in ("repo/px", "repo/py"):
        app.write(f"../{place}/{APP}/plugins/{place[-2:]}.py")
        sys.path.append(str(tmp_path / place))
    found = by_name(discover(APP))
    assert {name: str(item.distribution) for name, item in found.items()} == {"px": "acme-px 1.0", "py": "acme-all 1.0"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dir_info": 3}', '{"url": "file:///", "dir_info": {}}'])
def test_unreadable_direct_url_is_survived(app, text):
    app.write(f"{APP}/plugins/px.py")
    add_distribution(app, "acme-px", record=["acme_px-1.0.dist-info/direct_url.json"])
    (app.root / "acme_px-1.0.dist-info" / "direct_url.json").write_text(text)
    assert by_name(discover(APP))["px"].distribution is None


# -- entry points -----------------------------------------------------------------------------------------------------


def test_entry_points_file_with_nonsense_is_read_as_far_as_it_makes_sense(app):
    text = f"x = stray\n[other]\na = b\n[{APP}.plugins]\n# note\nnothing\n = y\nz =\npx = far_px:main [extra]\n[{APP}.plugins.sub]\nq = r\n"
    add_distribution(app, "acme-px", entry_points=text)
    app.write("far_px.py")
    (candidate,) = discover(APP).candidates
    assert (candidate.name, candidate.module, candidate.source) == ("px", "far_px", "entry point")
    assert candidate.origin == str(app.root / "far_px.py")
    assert str(candidate.distribution) == "acme-px 1.0"
    assert candidate.problem is None
    assert "far_px" not in sys.modules


def test_entry_point_without_a_findable_module_names_itself(app):
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = {APP}.plugins.px:main\n")
    (candidate,) = discover(APP).candidates
    assert isinstance(candidate.problem, PluginNotImportableError)
    assert f"entry point px = {APP}.plugins.px:main in group {APP}.plugins of acme-px 1.0" in str(candidate.problem)


def test_entry_point_gives_an_unowned_module_its_distribution(app, tmp_path):
    sys.path.append(str(tmp_path / "more"))
    app.write(f"../more/{APP}/plugins/px.py")
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npretty = {APP}.plugins.px\n")
    (candidate,) = discover(APP).candidates
    assert (candidate.name, candidate.source, str(candidate.distribution)) == ("px", "namespace", "acme-px 1.0")


def test_entry_point_to_a_module_that_is_loaded_already(app):
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = json.decoder\n")
    (candidate,) = discover(APP).candidates
    assert candidate.origin == json.decoder.__file__


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", True), ("import sys; sys.modules[__name__ + '.deep'] = sys", False), ("__path__ = []", False)],
)
def test_entry_point_below_a_package_that_decides_while_running_is_not_judged(app, text, problem):
    app.write("far/__init__.py", text)
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = far.deep\n")
    (candidate,) = discover(APP).candidates
    assert (candidate.problem is not None) is problem


def test_entry_point_to_a_module_that_was_made_by_hand(app, monkeypatch):
    module = type(sys)("made_by_hand")
    module.__spec__ = None
    monkeypatch.setitem(sys.modules, "made_by_hand", module)
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = made_by_hand\n")
    (candidate,) = discover(APP).candidates
    assert (candidate.problem, candidate.origin) == (None, None)


def test_entry_point_to_a_part_of_a_plugin_elsewhere(app, tmp_path):
    app.write(f"{APP}/plugins/__init__.py")
    sys.path.append(str(tmp_path / "more"))
    app.write(f"../more/{APP}/plugins/px/__init__.py")
    app.write(f"../more/{APP}/plugins/px/deep.py")
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\ndeep = {APP}.plugins.px.deep\n")
    found = discover(APP)
    assert by_name(found)["deep"].origin == str(tmp_path / "more" / APP / "plugins" / "px" / "deep.py")
    assert set(import_all(found)) == {"deep", "px"}


def test_entry_point_below_a_plain_module_cannot_be_found(app):
    app.write("far.py")
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = far.deep\n")
    (candidate,) = discover(APP).candidates
    assert candidate.problem is not None


def test_entry_point_into_a_namespace_package_that_is_not_loaded(app):
    app.write("far/away/deep.py")
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = far.away.deep\n")
    (candidate,) = discover(APP).candidates
    assert (candidate.origin, candidate.problem) == (str(app.root / "far/away/deep.py"), None)


# -- the folder -------------------------------------------------------------------------------------------------------


def test_what_is_no_module_is_no_plugin(app, tmp_path):
    app.write(f"{APP}/plugins/notes.d/part.py")
    app.write(f"{APP}/plugins/py.py/part.py")
    app.write(f"{APP}/plugins/__main__.py")
    app.write(f"{APP}/plugins/.#lock.py")
    app.write(f"{APP}/plugins/README")
    assert discover(APP).candidates == ()


def test_folder_that_is_not_there_is_watched_but_no_problem(app, tmp_path):
    found = discover(APP, folder=str(tmp_path / "absent"))
    assert found.problems == ()
    assert str(tmp_path / "absent") in found.directories
    assert str(tmp_path / "absent") not in found.portions


def test_folder_that_is_a_file_is_reported_and_the_rest_goes_on(app, tmp_path):
    app.write(f"{APP}/plugins/own.py")
    (tmp_path / "plugins").write_text("")
    found = discover(APP, folder=str(tmp_path / "plugins"))
    (problem,) = found.problems
    assert isinstance(problem, PluginFolderError)
    assert "it is a file, not a folder" in str(problem)
    assert list(by_name(found)) == ["own"]


def test_folder_that_is_a_broken_link_is_reported(app, tmp_path):
    (tmp_path / "plugins").symlink_to(tmp_path / "gone")
    (problem,) = discover(APP, folder=str(tmp_path / "plugins")).problems
    assert "link to something that is gone" in str(problem)


def test_folder_that_is_the_own_plugins_directory_is_searched_once(app):
    app.write(f"{APP}/plugins/own.py")
    found = discover(APP, folder=str(app.root / APP / "plugins"))
    assert [(c.name, c.source) for c in found.candidates] == [("own", "built-in")]
    assert found.problems == ()


def test_links_that_lead_nowhere_are_reported_not_hidden(app, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "note.py").symlink_to(tmp_path / "gone.py")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    (folder / "nothing").symlink_to(tmp_path / "gone")
    os.mkfifo(folder / "pipe.py")
    found = by_name(discover(APP, folder=str(folder)))
    assert "link to something that is gone" in str(found["note"].problem)
    assert "link to something that is gone" in str(found["loop"].problem)
    assert "Python finds no module in it" in str(found["pipe"].problem)
    assert sorted(found) == ["loop", "note", "pipe"]


@pytest.mark.slow
def test_what_permissions_forbid_is_reported_or_passed_over():
    """In a process of its own, which gives up being root once it has imported what it needs."""
    script = """
import os, sys
from importlib import machinery
from pegboard.startup.discovery import scan
import base64, hashlib, json, re, ast, zipfile, importlib.metadata
os.geteuid() or os.setuid(65534)
sys.path[:] = sys.argv[1:3]
found = scan.discover("pinboard", folder=sys.argv[3])
print([(c.name, c.problem and c.problem.because()) for c in found.candidates], [p.because() for p in found.problems])
"""
    root = Path(tempfile.mkdtemp(prefix="pegboard-"))
    try:
        for path in (
            "a/pinboard/api.py",
            "a/pinboard/plugins/good.py",
            "a/pinboard/plugins/shut.py",
            "b/pinboard/x.py",
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("")
        (root / "folder").mkdir()
        for path in ("a/pinboard/plugins/shut.py", "b", "folder"):
            (root / path).chmod(0)
        root.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", script, root / "a", root / "b", root / "folder"],
            env={**os.environ, "PYTHONPATH": str(Path(sys.modules["pegboard.startup.discovery"].__file__).parents[3])},
            capture_output=True,
            text=True,
            check=False,
        )
        expected = "[('good', None), ('shut', 'it cannot be read: permission denied')] ['Permission denied']\n"
        assert (done.stdout, done.stderr) == (expected, "")
    finally:
        for path in ("b", "folder"):
            (root / path).chmod(0o755)
        __import__("shutil").rmtree(root)


# -- two of one name --------------------------------------------------------------------------------------------------


def test_earlier_place_on_the_search_path_wins_between_strangers(app, tmp_path):
    for place in ("one", "two"):
        sys.path.append(str(tmp_path / place))
        app.write(f"../{place}/{APP}/plugins/px.py", f"place = {place!r}")
    found = discover(APP)
    assert import_all(found)["px"].place == "one"
    (problem,) = found.problems
    assert isinstance(problem, DuplicatePluginError)
    assert str(tmp_path / "two") in str(problem)


def test_module_wins_over_an_earlier_directory_without_init(app, tmp_path):
    sys.path[:0] = [str(tmp_path / "one"), str(tmp_path / "two")]
    app.write(f"../one/{APP}/plugins/px/part.py")
    app.write("../one/acme_px-1.0.dist-info/RECORD", f"{APP}/plugins/px/part.py,,\n")
    app.write(f"../two/{APP}/plugins/px.py", "place = 'two'")
    found = discover(APP)
    assert import_all(found)["px"].place == "two"
    assert by_name(found)["px"].origin == str(tmp_path / "two" / APP / "plugins" / "px.py")
    assert len(found.problems) == 1


def test_place_that_is_reached_in_two_ways_is_one_place(app, tmp_path):
    app.write(f"../more/{APP}/plugins/px.py")
    (tmp_path / "alias").symlink_to(tmp_path / "more")
    sys.path += [str(tmp_path / "more"), str(tmp_path / "alias"), str(tmp_path / "more") + "/"]
    found = discover(APP)
    assert found.problems == ()
    assert found.portions == (str(tmp_path / "more" / APP / "plugins"),)


# -- import hooks -----------------------------------------------------------------------------------------------------


class Hook:
    """An import hook on `sys.meta_path` that knows one module."""

    def __init__(self, name, origin=None, error=None):
        self.name, self.origin, self.error = name, origin, error

    def find_spec(self, name, path=None, target=None):
        if self.error is not None:
            raise self.error
        return ModuleSpec(name, None, origin=self.origin) if name == self.name else None


def test_hook_that_raises_does_not_hide_anything(app):
    app.write(f"{APP}/plugins/own.py")
    sys.meta_path.append(Hook("", error=RuntimeError("no")))
    sys.path.append("made up")
    sys.path_hooks.append(lambda path: {"made up": Hook("", error=RuntimeError("no"))}[path])
    try:
        assert list(by_name(discover(APP))) == ["own"]
    finally:
        sys.path_hooks.pop()
        sys.path_importer_cache.pop("made up", None)


def test_hook_that_finds_an_entry_point_is_asked(app):
    sys.meta_path.append(Hook("made_up", origin="a cloud"))
    add_distribution(app, "acme-px", entry_points=f"[{APP}.plugins]\npx = made_up\n")
    (candidate,) = discover(APP).candidates
    assert (candidate.problem, candidate.origin) == (None, None)


def test_hook_with_distributions_of_its_own_is_asked(app):
    from importlib.metadata import Distribution

    class Frozen(Distribution):
        def read_text(self, filename):
            return {
                "METADATA": "Metadata-Version: 2.1\nName: acme-frozen\nVersion: 2.0\n",
                "entry_points.txt": f"[{APP}.plugins]\npx = json.encoder\n",
            }.get(filename)

        def locate_file(self, path):
            return Path("/frozen") / path

    class Finder(Hook):
        def find_distributions(self, context):
            return [Frozen()]

    class Broken(Hook):
        def find_distributions(self, context):
            raise RuntimeError

    sys.meta_path += [Finder(""), Broken("")]
    (candidate,) = discover(APP).candidates
    assert (candidate.module, str(candidate.distribution)) == ("json.encoder", "acme-frozen 2.0")


def test_distributions_of_a_hook_whose_names_begin_alike_are_two(app):
    from importlib.metadata import Distribution

    class Compiled(Distribution):
        def __init__(self, name, points):
            self.files_read = {
                "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
                "entry_points.txt": f"[{APP}.plugins]\n{points}\n",
            }

        def read_text(self, filename):
            return self.files_read.get(filename)

        def locate_file(self, path):
            return Path("/compiled") / path

    class Finder(Hook):
        def find_distributions(self, context):
            return [Compiled("notes", "one = json.encoder"), Compiled("notes-extra", "two = json.decoder")]

    sys.meta_path.append(Finder(""))
    found = {candidate.name: str(candidate.distribution) for candidate in discover(APP).candidates}
    assert found == {"one": "notes 1.0", "two": "notes-extra 1.0"}


def test_mapping_of_an_editable_install_that_points_nowhere_is_reported(app, monkeypatch):
    module = type(sys)("finder_of_acme")
    module.MAPPING = {f"{APP}.plugins.px": "/gone", f"{APP}.plugins.px.deep": "/gone/deep", "other": "/x", 3: 4}
    monkeypatch.setitem(sys.modules, "finder_of_acme", module)
    hook = Hook("")
    hook.__module__ = "finder_of_acme"
    sys.meta_path.append(hook)
    (candidate,) = discover(APP).candidates
    assert candidate.name == "px"
    assert "points to a place where there is nothing to import" in str(candidate.problem)


# -- strays -----------------------------------------------------------------------------------------------------------


def test_stray_init_of_nobody_is_reported_without_a_culprit(app, tmp_path):
    sys.path.append(str(tmp_path / "more"))
    app.write(f"../more/{APP}/plugins/__init__.py", "raise SystemExit")
    app.write(f"../more/{APP}/plugins/px.py")
    found = discover(APP)
    (problem,) = found.problems
    assert isinstance(problem, StrayPackageFileError)
    assert str(problem).startswith(f"something installed brings an __init__ file for '{APP}.plugins'")
    assert "px" in import_all(found)


# -- the package ------------------------------------------------------------------------------------------------------


def test_extend_namespace_keeps_what_the_own_init_appends(app, tmp_path):
    app.write(f"{APP}/plugins/__init__.py", f"__path__.append({str(tmp_path / 'extra')!r})")
    app.write("../extra/px.py")
    first = discover(APP)
    path = extend_namespace(APP, first.portions, first.init)
    assert path == (*first.portions, str(tmp_path / "extra"))
    again = discover(APP)
    assert again.portions == path
    assert list(import_all(again)) == ["px"]


def test_extend_namespace_of_a_package_that_is_imported_only_sets_its_path(app, tmp_path):
    app.write(f"{APP}/plugins/__init__.py", "import sys; sys.runs = getattr(sys, 'runs', 0) + 1")
    package = importlib.import_module(f"{APP}.plugins")
    sys.path.append(str(tmp_path / "more"))
    app.write(f"../more/{APP}/plugins/px.py")
    found = discover(APP)
    assert len(found.portions) == 2
    extend_namespace(APP, found.portions, found.init)
    assert sys.modules[f"{APP}.plugins"] is package
    assert package.__path__ == list(found.portions) == package.__spec__.submodule_search_locations
    assert sys.runs == 1
    del sys.runs


def test_extend_namespace_is_whole_or_not_at_all(app):
    app.write(f"{APP}/plugins/__init__.py", "raise RuntimeError('own fault')")
    found = discover(APP)
    with pytest.raises(RuntimeError, match="own fault"):
        extend_namespace(APP, found.portions, found.init)
    assert f"{APP}.plugins" not in sys.modules


def test_extend_namespace_makes_a_package_that_import_statements_accept(app, tmp_path):
    found = discover(APP, folder=str(tmp_path))
    (tmp_path / "px.py").write_text("")
    extend_namespace(APP, found.portions)
    import pinboard.plugins.px

    assert pinboard.plugins.px.__file__ == str(tmp_path / "px.py")
    assert pinboard.plugins.__file__ is None


def test_extend_namespace_twice_follows_the_second(app, tmp_path):
    extend_namespace(APP, [str(tmp_path / "one")])
    assert extend_namespace(APP, [str(tmp_path / "two")])[0] == str(tmp_path / "two")


def test_finder_made_before_the_directory_existed_does_not_hide_it(app, tmp_path):
    place = tmp_path / "late"
    sys.path.append(str(place))
    PathFinder.find_spec("whatever")
    PathFinder.find_spec("whatever", [str(place / APP / "plugins")])
    assert sys.path_importer_cache.get(str(place / APP / "plugins"), "asked") is None
    (place / APP / "plugins").mkdir(parents=True)
    (place / APP / "plugins" / "px.py").write_text("")
    assert "px" in import_all(discover(APP))


# -- what an index needs ----------------------------------------------------------------------------------------------


def test_directories_hold_every_place_absent_ones_included(app, tmp_path):
    sys.path.append(str(tmp_path / "absent"))
    found = discover(APP, folder=str(tmp_path / "folder"))
    assert {
        str(app.root),
        str(app.root / APP / "plugins"),
        str(tmp_path / "absent"),
        str(tmp_path / "absent" / APP / "plugins"),
        str(tmp_path / "folder"),
    } <= set(found.directories)
    assert len(set(found.directories)) == len(found.directories)


@pytest.mark.slow
def test_importing_the_warm_half_loads_nothing_a_bare_interpreter_has_not():
    code = "import sys; old = set(sys.modules); import pegboard.importer; print(sorted(set(sys.modules) - old))"
    source = str(Path(sys.modules["pegboard.startup.discovery"].__file__).parents[3])
    command = [sys._base_executable, "-I", "-c", f"import sys; sys.path.insert(0, {source!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = done.stdout.replace("'", "").strip("[]\n").split(", ")
    assert [name for name in loaded if not name.startswith("pegboard")] == []
    assert not [name for name in loaded if name.startswith("pegboard.startup.discovery")]


def test_python_is_asked_for_one_source_file_of_a_directory(app, monkeypatch):
    for number in range(9):
        app.write(f"{APP}/plugins/p{number}.py")
    app.write(f"{APP}/plugins/package/__init__.py")
    (app.root / f"{APP}/plugins/link.py").symlink_to("p0.py")
    asked, find = [], finders.find_in_entry
    monkeypatch.setattr(finders, "find_in_entry", lambda entry, name: asked.append(name) or find(entry, name))
    found = by_name(discover(APP))
    assert [name.rpartition(".")[2] for name in asked if ".plugins." in name] == ["link", "p0", "package"]
    assert {Path(each.origin).name for each in found.values()} == {"link.py", "__init__.py"} | {
        f"p{number}.py" for number in range(9)
    }
    assert not any(each.problem for each in found.values())


def test_python_is_asked_for_each_file_where_sources_are_loaded_in_another_way(app, monkeypatch):
    for name in ("one", "two"):
        app.write(f"{APP}/plugins/{name}.py")
    blind = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES))
    plugins = str(app.root / f"{APP}/plugins")
    monkeypatch.setitem(sys.path_importer_cache, plugins, blind(plugins))
    found = by_name(discover(APP))
    assert all("Python finds no module in it" in str(found[name].problem) for name in ("one", "two"))


def test_thousand_installed_plugins_are_found_quickly(app):
    from time import process_time

    plugins = app.root / APP / "plugins"
    plugins.mkdir()
    for number in range(1000):
        name = f"p{number:04}"
        (plugins / f"{name}.py").write_text("")
        info = app.root / f"acme_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: acme-{name}\nVersion: 1.0\n\n" + "text\n" * 500)
        (info / "RECORD").write_text(f"{APP}/plugins/{name}.py,,\nacme_{name}-1.0.dist-info/RECORD,,\n")
        (info / "entry_points.txt").write_text(f"[{APP}.plugins]\n{name} = {APP}.plugins.{name}\n")
    start = process_time()
    found = discover(APP)
    took = process_time() - start
    assert len(found.candidates) == 1000
    assert str(by_name(found)["p0999"].distribution) == "acme-p0999 1.0"
    assert took < 1, f"{took:.2f} s"
