"""A file is replaced as a whole, or it stays as it was and nothing else is left."""

from __future__ import annotations

import os
import stat

import pytest

from pegboard.atomic_file import replace_file


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    return path


def test_a_file_is_replaced_and_nothing_else_is_left(path):
    replace_file(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file"]


def test_a_file_that_is_not_there_is_made(tmp_path):
    replace_file(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_the_mode_is_the_one_that_is_given_less_the_umask(path):
    path.chmod(0o644)
    replace_file(str(path), b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    umask = os.umask(0o027)
    try:
        replace_file(str(path), b"new", mode=0o666)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_mode_of_the_old_file_is_kept_when_that_is_wished(path):
    path.chmod(0o604)
    replace_file(str(path), b"new", mode=0o666, keeps_mode=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_whoever_has_the_old_file_open_still_reads_it(path):
    with path.open("rb") as stream:
        replace_file(str(path), b"new")
        assert stream.read() == b"old"


def test_a_link_is_replaced_itself(path):
    link = path.with_name("link")
    link.symlink_to(path)
    replace_file(str(link), b"new")
    assert not link.is_symlink()
    assert (link.read_bytes(), path.read_bytes()) == (b"new", b"old")


def test_a_check_sees_the_old_file_and_can_keep_it(path):
    def check():
        assert path.read_bytes() == b"old"
        raise ValueError

    with pytest.raises(ValueError):
        replace_file(str(path), b"new", check=check)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["file"]


def test_ctrl_c_after_the_replacement_passes(path, monkeypatch):
    replace = os.replace

    def interrupted(*paths):
        replace(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(str(path), b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(("is_durable", "expected"), [(True, ["fsync", "replace"]), (False, ["replace"])])
def test_content_that_must_survive_is_on_the_disk_before_the_old_one_goes(path, monkeypatch, is_durable, expected):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *words, name=name, real=real: (calls.append(name), real(*words)))
    replace_file(str(path), b"new", is_durable=is_durable)
    assert calls == expected


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        replace_file(str(tmp_path / "none" / "file"), b"new")
