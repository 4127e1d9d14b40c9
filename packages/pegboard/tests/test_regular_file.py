"""What may lie in the place of a file."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.regular_file import read_file, read_part
from pegboard.startup.discovery.distributions import installed
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.journal.crashes import Crashes
from pegboard.startup.policy.policy import load_policy
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.record import has_changed, read_files


def pipe(path):
    os.mkfifo(path, 0o600)


def endless(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to("nowhere")


def circle(path):
    path.symlink_to(path.name)


def sparse(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


def folder(path):
    path.mkdir()


def listening(path):
    name = os.open(path.parent, os.O_RDONLY)
    try:  # the name of a socket may be 108 bytes long, and folders of tests are longer
        with socket.socket(socket.AF_UNIX) as stream:
            stream.bind(f"/proc/self/fd/{name}/{path.name}")
    finally:
        os.close(name)


WHAT = [pipe, endless, dangling, circle, sparse, folder, listening]


@pytest.fixture(params=WHAT, ids=lambda make: make.__name__)
def put(request):
    return request.param


def test_a_file_is_read_whole(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    assert read_file(str(file)) == b"x" * 3_000_000
    file.write_bytes(b"")
    assert read_file(str(file)) == b""
    assert read_file("/proc/self/status").startswith(b"Name:")  # it has no size


def test_what_is_no_file_or_too_large_is_refused_at_once(tmp_path, put):
    path = tmp_path / "file"
    put(path)
    with pytest.raises(OSError, match=r"not a regular file|larger than|directory|No such|Too many levels"):
        read_file(str(path))


def test_a_file_may_be_as_large_as_is_said_and_no_larger(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 2048)
    assert read_file(str(file), 2048) == b"x" * 2048
    with pytest.raises(OSError, match="it is larger than 1 KiB"):
        read_file(str(file), 1024)
    with pytest.raises(OSError, match="it is larger than 0 KiB"):
        read_file("/proc/self/status", 8)


def test_a_part_is_read_only_of_the_very_file(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    status = file.stat()
    assert read_part(str(file), 3, 2, (status.st_dev, status.st_ino)) == b"234"
    assert read_part(str(file), 3, 2, (status.st_dev, status.st_ino + 1)) == b""
    assert read_part(str(tmp_path / "absent"), 3, 2, (0, 0)) == b""


def test_in_the_place_of_settings(tmp_path, put):
    path = tmp_path / "plugins.toml"
    put(path)
    problems = load_policy("APP", str(path), {}).problems
    assert len(problems) == (0 if put is dangling else 1)
    assert all(str(path) in str(problem) for problem in problems)


def test_in_the_place_of_an_index(tmp_path, put):
    path = tmp_path / "it.index"
    put(path)
    with pytest.raises(UnusableIndexError):
        read(str(path))


def test_in_the_place_of_notes_and_of_crashes(tmp_path, put):
    put(tmp_path / "it.notes")
    assert Notes.beside(str(tmp_path / "it.index")).cost_ms == {}
    assert Crashes(str(tmp_path / "it.notes")).names == set()


@pytest.mark.parametrize("name", ["METADATA", "RECORD", "entry_points.txt", "direct_url.json"])
def test_in_the_place_of_metadata(tmp_path, put, name):
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    put(info / name)
    (found,) = installed([str(tmp_path)], Files())
    assert found.read(name) == ""
    assert str(found.distribution) == "acme 1.0"


def test_in_the_place_of_what_a_plugin_depends_on(tmp_path, put):
    path = tmp_path / "input"
    put(path)
    files = read_files([str(path)], 0)
    assert files[str(path)][1] == ""
    assert not has_changed(files, str(path), 0)


def test_deeply_nested_json_counts_as_damaged(tmp_path):
    (tmp_path / "it.notes").write_text("[" * 100_000)
    assert Notes.beside(str(tmp_path / "it.index")).cost_ms == {}
    assert Crashes(str(tmp_path / "it.notes")).names == set()


def test_a_pipe_that_somebody_writes_to_is_not_read_either(tmp_path):
    pipe(tmp_path / "plugins.toml")
    writer = threading.Thread(target=(tmp_path / "plugins.toml").write_text, args=("strict = true\n",))
    writer.start()
    assert load_policy("APP", str(tmp_path / "plugins.toml"), {}).strict is None
    assert (tmp_path / "plugins.toml").read_text() == "strict = true\n"
    writer.join()
