"""What an import shows is found in a process of its own: failures, effects, and plugins that register nothing."""

from pegboard.tools.checking.command import check

PROJECT = """
[project]
name = "utt-many"
version = "1"
dependencies = ["utt"]
[project.entry-points."utt.plugins"]
good = "many.good"
failing = "many.failing"
silent = "many.silent"
eager = "many.eager"
asking = "many.asking"
wanting = "many.wanting"
"""
GOOD = "from utt.api import v1\nv1.register_component(type('T{0}', (), {{}}), 1)\n"
FILES = {
    "good": GOOD.format("good"),
    "failing": "from utt.api import v1\n\nlist(1 for _ in (0,) if 1 / 0)\n",
    "wanting": "from utt.api import v1\n\n__import__('not_here')\n",
    "silent": "from utt.api import v1\n",
    "asking": GOOD.format("asking") + "class Odd:\n    def __init__(self, now: v1.Now, n: int): ...\n"
    "v1.register_component(Odd, Odd)\n",
    "eager": "import json\n" + GOOD.format("eager") + "json.dumps.mark = 1\n",
}


def test_an_import_shows_what_files_do_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "src/many").mkdir(parents=True)
    (tmp_path / "src/many/__init__.py").write_text("")
    for name, text in FILES.items():
        (tmp_path / f"src/many/{name}.py").write_text(text)
    info = tmp_path / "src/utt_many.egg-info"  # as setuptools leaves it in an editable installation
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: utt-many\nVersion: 0.9\n")
    (info / "entry_points.txt").write_text("[utt.plugins]\nold = many.good\n")
    found = {each.file: each for each in check(["."])}
    assert {file: (each.code, each.line) for file, each in found.items()} == {
        "src/many/failing.py": ("import-failed", 3),
        "src/many/wanting.py": ("import-failed", 3),
        "src/many/silent.py": ("registers-nothing", 1),
        "src/many/eager.py": ("acts-at-import", 1),
        "src/many/asking.py": ("component-uninjectable", 4),
    }
    assert "ZeroDivisionError" in found["src/many/failing.py"].what
    assert found["src/many/failing.py"].remedy == "correct the plugin"
    assert found["src/many/wanting.py"].remedy == "install what it requires here, or correct the name"
    assert "json" in found["src/many/eager.py"].what


def test_an_import_that_ends_the_process_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src/utt/plugins").mkdir(parents=True)
    (tmp_path / "src/utt/plugins/deadly.py").write_text("import os\nfrom utt.api import v1\ngetattr(os, '_exit')(7)\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'utt-deadly'\nversion = '1'\ndependencies = ['utt']\n")
    (finding,) = check(["."])
    assert (finding.code, "with status 7" in finding.what) == ("import-failed", True)


def test_without_the_application_the_files_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src/nowhere_app/plugins").mkdir(parents=True)
    (tmp_path / "src/nowhere_app/plugins/x.py").write_text("from nowhere_app.api import v1\nimport nowhere_app.inner\n")
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'x'\nversion = '1'\ndependencies = ['nowhere_app>=1']\n"
    )
    assert [(each.code, each.line) for each in check(["."])] == [("not-imported", 1), ("import-not-api", 2)]
