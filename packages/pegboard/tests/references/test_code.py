"""The files of a plugin have one hash, however it is installed, and what is no code of it does not count."""

from __future__ import annotations

import importlib
import sys
import zipfile

import pytest

from pegboard.ledger import DISTRIBUTION, Distribution, Plugin
from pegboard.references.code import code_of, is_installed

FILES = {
    "desk/plugins/csv/__init__.py": "import acme_csv",
    "desk/plugins/csv/parts/rows.py": "",
    "acme_csv/__init__.py": "def export(): ...",
    "acme_csv/style.css": "a { }",
}
NAMES = sorted(FILES)
NO_CODE = (
    "acme_csv/__pycache__/x.cpython-311.pyc",
    "acme_csv/fast.cpython-311-x86_64-linux-gnu.so",
    "acme_csv/.hidden",
    "acme_csv/x.py~",
)
ABOUT = Distribution("Acme-CSV", "1.0")
SHARED = {"desk"}


def a_plugin(base, module="desk.plugins.csv", distribution=ABOUT):
    plugin = Plugin("csv", module, origin=f"{base}/{module.replace('.', '/')}/__init__.py", source="namespace")
    plugin.distribution = distribution
    return plugin


def information(tree, site, record, name="Acme_CSV-1.0.dist-info", direct=""):
    tree.write(f"{site}/{name}/METADATA", "Name: Acme-CSV\nVersion: 1.0\n")
    tree.write(
        f"{site}/{name}/RECORD", "".join(f"{path},,\n" for path in (*record, "../../bin/csv", f"{name}/METADATA"))
    )
    if direct:
        tree.write(f"{site}/{name}/direct_url.json", direct)


@pytest.fixture(params=["Acme_CSV-1.0.dist-info", "acme_csv-1.0.dist-info"])
def wheel(tree, request):
    """Return the plugin of a wheel, whose installer has written its name so, or in small letters."""
    for path, text in FILES.items():
        tree.write(f"wheel/{path}", text)
    for path in NO_CODE:
        tree.write(f"wheel/{path}", "not the same everywhere")
    information(tree, "wheel", [*FILES, *NO_CODE], request.param)
    return a_plugin(tree.root / "wheel")


@pytest.fixture
def source(tree, monkeypatch):
    """Return the plugin of an editable install."""
    for path, text in FILES.items():
        tree.write(f"source/{path}", text)
    for path in NO_CODE:
        tree.write(f"source/{path}", "not the same either")
    information(tree, "site", ["acme.pth"], direct='{"dir_info": {"editable": true}}')
    for folder in ("source", "site"):
        monkeypatch.syspath_prepend(tree.root / folder)
    return a_plugin(tree.root / "source")


def test_a_wheel_an_editable_install_and_an_archive_of_one_source_are_equal(wheel, source, tree):
    archive = tree.root / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path, text in FILES.items():
            file.writestr(path, text)
        file.writestr("Acme_CSV-1.0.dist-info/RECORD", "".join(f"{path},,\n" for path in FILES))
    zipped = a_plugin(archive)
    codes = [code_of(plugin, SHARED) for plugin in (wheel, source, zipped)]
    assert [sorted(code.hashes) for code in codes] == [NAMES] * 3
    assert len({code.digest for code in codes}) == 1
    assert [is_installed(plugin, {}) for plugin in (wheel, source, zipped)] == [True, False, True]
    importlib.import_module("acme_csv")  # what is loaded is found, too
    assert code_of(source, SHARED).digest == codes[0].digest


@pytest.mark.parametrize("path", NAMES)
def test_each_file_counts(source, tree, path):
    before = code_of(source, SHARED)
    assert code_of(source, SHARED).digest == before.digest
    tree.write(f"source/{path}", "edited")
    after = code_of(source, SHARED)
    assert {name for name in NAMES if before.hashes[name] != after.hashes[name]} == {path}
    (tree.root / "source" / path).unlink()
    assert sorted(code_of(source, SHARED).hashes) == [name for name in NAMES if name != path] or "__init__" in path


def test_what_another_plugin_of_the_distribution_has_does_not_count(wheel, tree):
    before = code_of(wheel, SHARED).digest
    tree.write("wheel/desk/plugins/other.py")
    record = next((tree.root / "wheel").glob("*.dist-info")) / "RECORD"
    record.write_text(record.read_text() + "desk/plugins/other.py,,\n")
    assert code_of(wheel, SHARED).digest == before


def test_a_distribution_whose_entry_points_are_contributions_has_its_packages(source, tree):
    plugin = Plugin("acme-csv", f"{DISTRIBUTION}acme-csv", origin=str(tree.root / "site/Acme_CSV-1.0.dist-info"))
    plugin.distribution = ABOUT
    assert sorted(code_of(plugin, SHARED).hashes) == ["acme_csv/__init__.py", "acme_csv/style.css"]
    assert not is_installed(plugin, {})


def test_a_plugin_outside_of_the_namespace_has_its_package(tree, monkeypatch):
    monkeypatch.syspath_prepend(tree.root / "source")
    tree.write("source/acme_far/__init__.py")
    tree.write("source/acme_far/plugin/__init__.py")
    tree.write("source/acme_far/rest.py")
    plugin = a_plugin(tree.root / "source", "acme_far.plugin", Distribution("acme-far", "2"))
    assert sorted(code_of(plugin, SHARED).hashes) == [
        "acme_far/__init__.py",
        "acme_far/plugin/__init__.py",
        "acme_far/rest.py",
    ]


def test_what_has_no_files_has_no_hash(tree):
    frozen = Plugin("x", "desk.plugins.x")
    assert (
        code_of(frozen, SHARED).digest,
        code_of(a_plugin(tree.root / "gone", distribution=None), SHARED).digest,
    ) == ("", "")
    assert not is_installed(frozen, {})
    assert "acme_csv" not in sys.modules
