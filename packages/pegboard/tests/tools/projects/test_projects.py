"""A new project: which names and folders are refused, what is asked, what is written."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from pegboard.tools.projects import command
from pegboard.tools.projects.application import Application
from pegboard.tools.projects.back_ends import BACK_ENDS
from pegboard.tools.projects.command import main
from pegboard.tools.projects.contribution import module_for
from pegboard.tools.projects.names import Refused, check_folder, check_free, check_name
from pegboard.tools.projects.project import Wish, new_host, new_plugin

NOTES = Application(
    "notes",
    "notes.api.v1",
    "notes.app:the_host",
    "/nowhere",
    "notes-app",
    "2.3.4",
    "notes plugins",
    "notes.plugins",
    ["notes.plugins"],
    plugins=["old"],
    taken={"exporters": ["plain"]},
    contributions=[
        {
            "member": "register_exporter",
            "registry": "exporters",
            "fits": True,
            "parameters": [["note", "v1.Note"]],
            "returns": "str",
            "metadata": ["summary"],
        }
    ],
)


@pytest.fixture
def said(monkeypatch, tmp_path, capsys):
    """Return what the command says, with the application `notes` installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "describe", lambda name, api: NOTES)
    monkeypatch.setattr(command, "known_applications", lambda: ["notes", "utt"])

    def said(*arguments):
        status = main(arguments)
        output = capsys.readouterr()
        return status, output.out, output.err

    return said


# -- names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "problem", "advice"),
    [
        ("a-b", "no identifier", "'a_b'"),
        ("2do", "no identifier", "'do'"),
        ("", "no identifier", "another name"),
        ("a b", "no identifier", "'a_b'"),
        ("a.b", "no identifier", "'a_b'"),
        ("class", "keyword", "'my_class'"),
        ("match", "keyword", "'my_match'"),
        ("json", "standard library", "'my_json'"),
        ("_x", "not made of", "another name"),
        ("x_", "not made of", "another name"),
        ("a__b", "not made of", "'a_b'"),
        ("Shout", "not made of", "'shout'"),
        ("Class", "not made of", "choose another name"),
        ("\u00e4rger", "not made of", "'rger'"),
    ],
)
def test_a_name_that_is_none_is_refused(name, problem, advice):
    with pytest.raises(Refused, match=problem) as caught:
        check_name(name, "plugin")
    assert advice in caught.value.advice


def test_a_name_that_somebody_has_is_refused(tmp_path):
    check_free("pegboard_nobody_has_this")
    with pytest.raises(Refused, match="'pytest' is installed already, at"):
        check_free("pytest")
    for name, problem in (("old", "has a plugin 'old' already"), ("plain", "has 'plain' in exporters already")):
        with pytest.raises(Refused, match=problem):
            new_plugin(Wish(name, folder=str(tmp_path / name)), NOTES)
    assert list(tmp_path.iterdir()) == []


def test_only_an_empty_folder_is_taken(tmp_path):
    check_folder(str(tmp_path))
    check_folder(str(tmp_path / "new"))
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(Refused, match=re.escape(str(path))):
            check_folder(str(path))


# -- what is written ----------------------------------------------------------------------------------------------------


def made(root):
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize("is_private", [False, True])
def test_a_plugin_is_whole(tmp_path, back_end, is_private):
    new_plugin(Wish("shout", back_end, is_private, str(tmp_path)), NOTES)
    files = made(tmp_path)
    module = "src/notes/plugins/shout.py" if is_private else "src/notes_shout/__init__.py"
    own = {module} if is_private else {module, "src/notes_shout/py.typed"}
    assert files.keys() - own == {
        ".github/workflows/check.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "tests/test_shout.py",
    }
    assert files[module] == (
        '"""Adds `shout` to exporters of notes."""\n\nfrom notes.api import v1\n\n\n'
        '@v1.register_exporter("shout", summary="shout")\ndef shout(note: v1.Note) -> str:\n    return "shout"\n'
    )
    assert "from notes.app import the_host\n" in files["tests/test_shout.py"]
    data = tomllib.loads(files["pyproject.toml"])
    assert data["project"]["dependencies"] == ["notes-app>=2.3"]
    assert data["build-system"]["requires"] == [BACK_ENDS[back_end].requires]
    points = {} if is_private else {"entry-points": {"notes.plugins": {"shout": "notes_shout"}}}
    assert {"entry-points": data["project"]["entry-points"]} == points if points else "entry-points" not in data
    _check_texts(files)


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_an_application_is_whole(tmp_path, back_end):
    new_host(Wish("big_memo", back_end, folder=str(tmp_path)))
    files = made(tmp_path)
    assert tomllib.loads(files["pyproject.toml"])["project"]["name"] == "big-memo"
    template = {path: text for path, text in files.items() if "plugin_template" in path}
    assert all("from big_memo." in text and "THE_name" in text for text in template.values())
    assert len(template) == 2
    _check_texts({path: text for path, text in files.items() if path not in template})


def _check_texts(files):
    for path, text in files.items():
        assert "THE_" not in path + text, path
        assert text.endswith("\n") or not text
        if path.endswith(".py"):
            ast.parse(text)


def test_an_applications_own_template_is_used(tmp_path):
    home = tmp_path / "notes"
    (home / "plugin_template").mkdir(parents=True)
    (home / "plugin_template/plugin.py").write_text("import THE_host as THE_name\n")
    application = Application(**{**vars(NOTES), "home": str(home)})
    new_plugin(Wish("shout", folder=str(tmp_path / "shout")), application)
    assert (tmp_path / "shout/src/notes_shout/__init__.py").read_text() == "import notes as shout\n"
    (home / "plugin_template/plugin.py").write_text("THE_unknown = 1\n")
    with pytest.raises(Refused, match=r"plugin\.py, cannot be used: KeyError\('unknown'\)"):
        new_plugin(Wish("other", folder=str(tmp_path / "other")), application)


@pytest.mark.parametrize(
    ("change", "is_private", "problem"),
    [({"groups": []}, False, "no plugins by entry points"), ({"namespace": ""}, True, "no namespace")],
)
def test_a_layout_that_the_application_does_not_look_at_is_refused(tmp_path, change, is_private, problem):
    application = Application(**{**vars(NOTES), **change})
    with pytest.raises(Refused, match=problem):
        new_plugin(Wish("shout", is_private=is_private, folder=str(tmp_path)), application)


@pytest.mark.parametrize(
    ("returns", "body"),
    [
        ("None", '"""Do something."""'),
        ("list[str]", "return []"),
        ("bool", "return False"),
        ("v1.Page", 'raise NotImplementedError("return a v1.Page")'),
    ],
)
def test_a_function_returns_what_it_is_to_return(returns, body):
    offered = {"member": "on_page", "registry": "", "fits": True, "parameters": [], "returns": returns, "metadata": []}
    text = module_for("notes.api", "shout", "notes", [offered])
    assert text.endswith(f"from notes import api\n\n\n@api.on_page\ndef shout() -> {returns}:\n    {body}\n")


def test_where_nothing_fits_the_plugin_says_what_there_is():
    text = module_for("notes", "shout", "notes", [{"member": "register", "fits": False}])
    assert "see notes.register" in text
    ast.parse(text)


# -- the command line ---------------------------------------------------------------------------------------------------


def test_flags_say_all(said):
    status, out, err = said("new", "plugin", "shout", "--host", "notes", "--back-end", "uv_build", "--private")
    assert (status, err) == (0, "")
    assert "notes plugins info shout" in out
    assert 'build-backend = "uv_build"' in Path("notes-shout/pyproject.toml").read_text()
    assert Path("notes-shout/src/notes/plugins/shout.py").exists()


def test_without_a_terminal_what_is_missing_is_an_error(said):
    status, out, err = said("new", "plugin", "shout")
    assert (status, out) == (2, "")
    assert "--host is missing" in err
    status, _, err = said("new", "plugin", "json", "--host", "notes")
    assert (status, "standard library" in err) == (2, True)
    assert list(Path().iterdir()) == []


def test_at_a_terminal_it_is_asked_until_the_answer_is_possible(said, monkeypatch):
    answers = iter(["class", "shout", "notes", "maybe", "no", "", ""])
    monkeypatch.setattr(command, "_is_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    status, out, err = said("new", "plugin")
    assert (status, err) == (0, "")
    assert "'class' is a keyword" in out
    assert "answer one of yes, no" in out
    assert Path("notes-shout/src/notes/plugins/shout.py").exists()
    assert 'build-backend = "hatchling.build"' in Path("notes-shout/pyproject.toml").read_text()


@pytest.mark.parametrize("stop", [EOFError, KeyboardInterrupt])
def test_a_question_can_be_left(said, monkeypatch, stop):
    def leave(question):
        raise stop

    monkeypatch.setattr(command, "_is_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", leave)
    status, _, err = said("new", "host")
    assert (status, err) == (130, "\npegboard: nothing was made\n")
