"""A page is saved whole, or what was there stays."""

from __future__ import annotations

import os

import pytest

from pegboard.html.document import document
from pegboard.html.saving import save

PAGE = document("t", [], generator="tests")


def test_ctrl_c_while_it_is_written_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text(old := PAGE + "old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(str(path), PAGE, "tests")

    assert path.read_text() == old
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_link_stays_a_link(tmp_path):
    link = tmp_path / "link.html"
    link.symlink_to("page.html")

    assert save(str(link), PAGE, "tests") is None
    assert link.is_symlink()
    assert (tmp_path / "page.html").read_text() == PAGE


def test_a_page_of_another_kind_is_not_replaced(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE)

    assert "is no such page" in (save(str(path), PAGE, "others") or "")
    assert save(str(path), PAGE, "tests") is None


def test_half_a_character_can_be_saved(tmp_path):
    path = tmp_path / "page.html"

    assert save(str(path), "\ud800", "tests") is None
    assert path.read_bytes() == b"&#55296;"
