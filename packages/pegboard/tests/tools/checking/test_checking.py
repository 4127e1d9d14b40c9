"""What is wrong with a plugin is found in its files, with file, line and remedy; nothing is imported for it."""

import json
import zipfile

import pytest

from pegboard.tools.checking import command
from pegboard.tools.checking.command import check, shown, status_of
from pegboard.tools.checking.finding import CODES, Finding
from pegboard.tools.projects import command as pegboard_command
from pegboard.tools.projects.application import Application
from pegboard.tools.projects.back_ends import BACK_ENDS
from pegboard.tools.projects.names import Refused

API = "notes.api.v1"
NOTES = Application(
    *("notes", API, "notes.app:host", "/nowhere", "notes-app", "2.3.4", "notes plugins", "notes.plugins"),
    ["notes.plugins"],
    members=["Note", "register_command", "register_exporter"],
    contributions=[{"member": "register_exporter", "registry": "exporters", "fits": True}],
)
GOOD = "from notes.api import v1\nv1.register_exporter('csv', str, summary='CSV')\n"
ENTRY = '[project.entry-points."notes.plugins"]\ncsv = "notes_csv"\n'


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Return what is found in a project with these files: code, file and line of each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "describe", lambda name, api: NOTES)
    monkeypatch.setattr(command, "check_import", lambda *arguments: None)

    def checked(files=None, *, entry=ENTRY, requires='"notes-app"', tool="", back_end="setuptools.build_meta"):
        texts = {"src/notes_csv/__init__.py": GOOD} if files is None else files
        project = f"[build-system]\nbuild-backend = '{back_end}'\n[project]\nname = 'notes-csv'\nversion = '1'\n"
        write(tmp_path, {"pyproject.toml": f"{project}dependencies = [{requires}]\n{entry}{tool}", **texts})
        return [(each.code, each.file, each.line) for each in check(["."])]

    return checked


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def wheel(path, files, entry_points="[notes.plugins]\ncsv = notes_csv\n", name="notes_csv"):
    info = f"{name}-1.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\nRequires-Dist: notes-app\n",
        f"{info}/entry_points.txt": entry_points,
    }
    meta[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, *meta])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, **meta}.items():
            archive.writestr(file, text)
    return str(path)


def test_a_good_plugin_has_no_findings(checked):
    assert checked() == []


def test_a_good_plugin_in_the_namespace_has_no_findings(checked):
    assert checked({"src/notes/plugins/csv.py": GOOD}, entry="") == []


INIT = "src/notes_csv/__init__.py"
SOURCES = {
    "another module of the application": ("import notes.app", "import-not-api", 1),
    "a name from another module of it": ("from notes import app", "import-not-api", 1),
    "an undeclared distribution": ("import yaml", "import-undeclared", 1),
    "one inside a function": ("def f():\n    import yaml", "import-undeclared", 2),
    "a misspelt name": ("from notes.api import v1\nv1.Notes", "api-name-unknown", 2),
    "a misspelt import": ("from notes.api.v1 import Notes", "api-name-unknown", 1),
    "a late registration": (
        "from notes.api.v1 import register_command\ndef f():\n    register_command(1)",
        "registers-late",
        3,
    ),
    "a late decorator": (
        "from notes.api import v1\ndef f():\n    @v1.register_exporter('x')\n    def g(): ...",
        "registers-late",
        3,
    ),
    "printing": ("if True:\n    print(1)", "prints-at-import", 2),
    "a process": ("import subprocess\nx = subprocess.run([])", "acts-at-import", 2),
    "one under another name": ("from os import chdir as go\ngo('/')", "acts-at-import", 2),
    "a thread in a class body": ("import threading\nclass A:\n    t = threading.Thread()", "acts-at-import", 3),
    "a file in a default": ("def f(x=open('y')): ...", "acts-at-import", 1),
    "a function as metadata": (
        "from notes.api import v1\nv1.register_exporter('x', str,\n  run=lambda: 1)",
        "metadata-not-plain",
        3,
    ),
    "a class in metadata": (
        "from notes.api import v1\nclass A: ...\nv1.register_exporter('x', str, of=[A])",
        "metadata-not-plain",
        3,
    ),
    "no Python": ("def f(:", "syntax", 1),
}


@pytest.mark.parametrize(("text", "code", "line"), SOURCES.values(), ids=SOURCES)
def test_what_is_wrong_in_the_sources_is_found(checked, text, code, line):
    assert checked({INIT: text}) == [(code, INIT, line)]


FINE = {
    "the API in other words": "import notes.api.v1 as api\nfrom notes.api.v1 import Note\napi.Note",
    "the standard library and itself": "import json\nfrom notes_csv import part\nfrom . import part\nimport notes_csv.part",
    "what only type checkers need": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml, notes.app",
    "what may be absent": "try:\n    import yaml\nexcept ImportError:\n    yaml = None",
    "what is done later": "def f():\n    print(open('x'))\nrun = lambda: print(1)",
    "what is done as a program": "if __name__ == '__main__':\n    print(1)",
    "a helper that is called": "from notes.api import v1\ndef f():\n    v1.register_command(1)\nf()",
    "data": "from notes.api import v1\nv1.register_exporter('x', str, a=[1, {'b': None}], override=True)",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_right_in_the_sources_is_not(checked, text):
    assert checked({INIT: text, "src/notes_csv/part.py": ""}) == []


def test_a_requirement_allows_what_it_brings(checked):
    assert checked({INIT: "import _pytest, yaml"}, requires='"notes-app", "pytest>=1"') == [
        ("import-undeclared", INIT, 1)
    ]
    assert checked({INIT: "import foo_bar"}, requires='"notes-app", "foo-bar ; python_version > \'3\'"') == []


PLACES = {
    "a module beside": ({"src/mist.py": GOOD}, "", [("wrong-place", "src/mist.py", 1)]),
    "nearly the namespace": (
        {"src/notes/plugin/mist.py": GOOD},
        "",
        [("wrong-place", "src/notes/plugin/mist.py", 1)],
    ),
    "without src": ({"mist.py": GOOD, "tests/test_mist.py": GOOD, "setup.py": ""}, "", [("wrong-place", "mist.py", 1)]),
    "the application's package files": (
        {"src/notes/__init__.py": "", "src/notes/plugins/__init__.py": "", "src/notes/plugins/mist.py": GOOD},
        "",
        [("stray-init", "src/notes/__init__.py", 1), ("stray-init", "src/notes/plugins/__init__.py", 1)],
    ),
    "a module that is not there": (
        None,
        ENTRY.replace('"notes_csv"', '"notes_cvs"'),
        [("entry-module-missing", "pyproject.toml", 8), ("wrong-place", INIT, 1)],
    ),
    "an object that is not there": (
        None,
        ENTRY.replace('"notes_csv"', '"notes_csv:Plugin"'),
        [("entry-object-missing", INIT, 1)],
    ),
    "nothing": ({"src/x.py": ""}, ENTRY.replace("csv =", "# csv ="), [("no-plugin", "pyproject.toml", 1)]),
}


@pytest.mark.parametrize(("files", "entry", "found"), PLACES.values(), ids=PLACES)
def test_what_is_in_the_wrong_place_is_found(checked, files, entry, found):
    assert checked(files, entry=entry) == found


@pytest.mark.parametrize("requires", ["", '"notes", "notes-app-more"'])
def test_the_application_has_to_be_required(checked, requires):
    assert checked(requires=requires) == [("requires-missing", "pyproject.toml", 6)]


def test_an_environment_in_the_project_is_none_of_its_sources(checked):
    found = checked({"mist.py": GOOD})
    assert checked({"mist.py": GOOD, "py311/pyvenv.cfg": "", "py311/lib/odd.py": "def x(:"}) == found


def test_a_folder_without_a_project_is_told(checked, tmp_path):
    write(tmp_path, {"other/src/notes/plugins/csv.py": GOOD})
    codes = {each.code for each in check([str(tmp_path / "other")])}
    assert codes == {"no-project"}
    write(tmp_path, {"other/pyproject.toml": "[project\n"})
    assert {each.code for each in check([str(tmp_path / "other")])} == {"no-project"}


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("is_private", [False, True])
def test_the_back_end_has_to_package_it(checked, back_end, is_private):
    files = {"src/notes/plugins/csv.py": GOOD} if is_private else {"src/other_csv/__init__.py": GOOD}
    entry = "" if is_private else ENTRY.replace("notes_csv", "other_csv")
    told = BACK_ENDS[back_end]
    settings = (told.namespace if is_private else told.package).replace(
        "THE_root", "notes" if is_private else "other_csv"
    )
    assert checked(files, entry=entry, back_end=told.module, tool=settings) == []
    expected = [] if back_end == "setuptools" else [("not-packaged", "pyproject.toml", 1)]
    assert checked(files, entry=entry, back_end=told.module) == expected


def test_what_a_build_has_left_is_found(checked, tmp_path):
    write(tmp_path, {"build/lib/notes_csv/__init__.py": "", "build/lib/notes_old/__init__.py": ""})
    assert checked() == [("stale-module", "pyproject.toml", 1)]


# -- wheels -------------------------------------------------------------------------------------------------------------


def test_a_good_wheel_has_no_findings(checked, tmp_path):
    assert check([wheel(tmp_path / "a.whl", {"notes_csv/__init__.py": GOOD})]) == []


def test_what_a_wheel_brings_besides_is_found(checked, tmp_path):
    files = {"notes_csv/__init__.py": GOOD, "tests/test_it.py": "", "conftest.py": "", "notes_csv/tests/x.py": ""}
    found = check([wheel(tmp_path / "a.whl", files)])
    assert [(each.code, each.file.rpartition(".whl/")[2]) for each in found] == [
        ("stray-file", "conftest.py"),
        ("stray-file", "tests/test_it.py"),
    ]


def test_a_wheel_is_compared_with_its_project_and_with_other_wheels(checked, tmp_path):
    assert checked() == []
    first = wheel(tmp_path / "a.whl", {"notes_csv/__init__.py": GOOD, "notes_old/__init__.py": ""})
    second = wheel(tmp_path / "b.whl", {"notes_csv/__init__.py": GOOD}, name="notes_more")
    found = {
        (each.code, each.what.partition(", which")[0].partition(" brings")[2]) for each in check([".", first, second])
    }
    assert {code for code, _ in found} == {"stale-module", "shared-file"}
    assert ("shared-file", " notes_csv/__init__.py, too") in found


def test_what_is_neither_a_project_nor_a_wheel_is_refused(checked, tmp_path):
    (tmp_path / "x.whl").write_text("no zip")
    for path, problem in (("nowhere", "there is no nowhere"), ("x.whl", "is no wheel")):
        with pytest.raises(Refused, match=problem):
            check([path])


# -- how it is said -----------------------------------------------------------------------------------------------------

FOUND = [
    Finding("src/a.py", 3, "syntax", "it is no valid Python", "correct it"),
    Finding("src/b.py", 1, "registers-late", "it registers late", ""),
]


def test_findings_are_text_json_and_sarif():
    assert shown(FOUND, "text") == (
        "src/a.py:3: error[syntax]: it is no valid Python\n  remedy: correct it\n"
        "src/b.py:1: warning[registers-late]: it registers late\n1 error, 1 other"
    )
    assert shown([], "text") == "no findings"
    assert json.loads(shown(FOUND, "json"))["findings"][0]["remedy"] == "correct it"
    (run,) = json.loads(shown(FOUND, "sarif"))["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == CODES.keys()
    first, second = run["results"]
    assert (first["ruleId"], first["level"], second["level"]) == ("syntax", "error", "warning")
    assert first["message"]["text"] == "it is no valid Python. Remedy: correct it"
    location = {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 3}}
    assert first["locations"] == [{"physicalLocation": location}]


def test_the_exit_status_is_that_of_errors_and_if_strict_of_warnings():
    assert status_of(FOUND, is_strict=False) == 1
    assert (status_of(FOUND[1:], is_strict=False), status_of(FOUND[1:], is_strict=True)) == (0, 1)


def test_the_command_says_what_is_found(checked, capsys):
    assert checked({INIT: "print(1)"}) != []
    assert pegboard_command.main(["check", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "prints-at-import"
    assert pegboard_command.main(["check", "--strict"]) == 1
    assert pegboard_command.main(["check", "nowhere"]) == 2
    assert "there is no nowhere" in capsys.readouterr().err
