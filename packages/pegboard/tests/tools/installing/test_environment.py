"""Where the application is a bundle, the environment of its interpreter is not the application's."""

from __future__ import annotations

import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import pegboard
from pegboard.errors import InstallRefusedError
from pegboard.tools.installing import environment
from pegboard.tools.installing.environment import Environment, bundle


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Let pegboard be outside the environment, as it is in a bundle."""
    monkeypatch.setattr(pegboard, "__file__", str(tmp_path / "bundle" / "pegboard" / "__init__.py"))
    monkeypatch.delenv("PEX", raising=False)


def archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("__main__.py", "")
    return str(path)


def test_program_that_is_an_archive_is_a_bundle(elsewhere, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", [archive(tmp_path / "notes.pyz")])
    assert bundle() == str(tmp_path / "notes.pyz")
    with pytest.raises(InstallRefusedError) as caught:
        Environment().check()
    assert caught.value.place == str(tmp_path / "notes.pyz")
    assert "the application is bundled" in caught.value.cause


def test_scripts_of_an_environment_are_no_bundles(elsewhere, monkeypatch, tmp_path):
    (tmp_path / "notes").write_text("#!/usr/bin/python3")
    for program in (tmp_path / "notes", tmp_path / "gone", archive(tmp_path / "notes.exe")):
        monkeypatch.setattr(sys, "argv", [str(program)])
        assert bundle() is None


def test_archive_that_an_environment_runs_is_no_bundle(monkeypatch, tmp_path):
    site = Path(sysconfig.get_path("purelib"))
    monkeypatch.setattr(pegboard, "__file__", str(site / "pegboard" / "__init__.py"))
    monkeypatch.setattr(sys, "argv", [archive(tmp_path / "notes.pyz")])
    monkeypatch.setenv("PEX", "the pex that has started this")
    assert bundle() is None


def test_pex_is_a_bundle_also_where_it_has_made_an_environment(elsewhere, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["notes.pex"])
    (tmp_path / "PEX-INFO").touch()
    assert bundle(str(tmp_path)) == "notes.pex"
    monkeypatch.setenv("PEX", "/opt/notes.pex")
    assert bundle() == "notes.pex"


def test_frozen_application_is_a_bundle(monkeypatch):
    monkeypatch.setattr(environment, "EXECUTABLE", "/opt/notes")
    assert bundle() == "/opt/notes"
