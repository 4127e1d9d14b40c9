"""A folder for temporary files goes with its process, or with the next one if nobody was left to remove it."""

import fcntl
import os

import pytest

from pegboard.isolation.temporary import TemporaryFolder


@pytest.fixture
def above(tmp_path):
    return tmp_path / "tmp"


def test_it_is_removed_with_all_that_is_in_it(above):
    folder = TemporaryFolder(str(above))
    inside = os.path.join(folder.path, "a", "b")
    os.makedirs(inside)
    folder.remove()
    folder.remove()
    assert list(above.iterdir()) == []


def test_those_of_others_who_live_stay(above):
    folders = [TemporaryFolder(str(above)) for _ in range(3)]
    assert len({folder.path for folder in folders}) == 3
    assert all(os.path.isdir(folder.path) for folder in folders)
    for folder in folders:
        folder.remove()


def test_those_of_nobody_go_and_so_do_files_that_cannot_be_entered(above):
    left = above / "1-left"
    (left / "inside").mkdir(parents=True)
    (above / "file").write_text("")
    folder = TemporaryFolder(str(above))
    assert {each.name for each in above.iterdir()} == {"file", os.path.basename(folder.path)}
    folder.remove()


def test_a_fork_leaves_it_to_its_parent(above):
    folder = TemporaryFolder(str(above))
    folder.forget()
    folder.remove()
    assert os.path.isdir(folder.path)
    descriptor = os.open(folder.path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody holds it any more
    os.close(descriptor)
