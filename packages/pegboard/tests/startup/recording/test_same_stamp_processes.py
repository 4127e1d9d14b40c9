"""A change is seen even if a tool that keeps times has made it, such as `cp -p`, `rsync -a` and `tar`."""

from __future__ import annotations

import compileall
import os

import pytest

pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

ALL = ["t-a", "t-b", "t-c"]


def replace_keeping_times(file, old, new):
    """Write over *file* in place; size, time and inode stay."""
    status, text = file.stat(), file.read_text()
    assert old in text
    assert len(old) == len(new)
    with file.open("r+") as stream:
        stream.write(text.replace(old, new))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (status.st_size, status.st_mtime_ns, status.st_ino)


@pytest.fixture(params=["with compiled code", "without"])
def settled(request, application):
    """Return a function that makes plugin `b` of a text, lets starts record it, and returns its file."""

    def settle(text, **options):
        application.plugin("a")
        application.plugin("c")
        file = application.plugin("b", text, **options)
        application.settle()
        if request.param == "with compiled code":
            assert compileall.compile_dir(application.root, quiet=2)
            application.age(application.site / "app/plugins")
        for _ in range(2):
            application.names()
        return file

    return settle


def test_a_plugin_is_replaced(application, settled):
    file = settled("register('one', 1)\n")
    replace_keeping_times(file, "'one'", "'two'")
    run = application.names()
    assert (run["names"], run.imported) == (["t-a", "t-b", "two", "t-c"], ["b"])
    assert application.names().imported == []


def test_code_that_a_plugin_imports_is_replaced(application, settled):
    application.write("acme_words.py", "WORD = 'one'\n")
    settled("import acme_words\nregister(acme_words.WORD, 1)\n")
    replace_keeping_times(application.code / "acme_words.py", "'one'", "'two'")
    assert application.names()["names"] == ["t-a", "t-b", "two", "t-c"]


def test_a_file_that_a_plugin_depends_on_is_replaced(application, settled):
    words = application.write("words.txt", "one")
    settled(f"host.declare(depends_on=[{str(words)!r}])\nregister(open({str(words)!r}).read(), 1)\n")
    replace_keeping_times(words, "one", "two")
    assert application.names()["names"] == ["t-a", "t-b", "two", "t-c"]


def test_a_broken_plugin_is_replaced_by_one_that_works(application, settled):
    file = settled("raise OSError\n")
    replace_keeping_times(file, "raise OSError", "hello = 12345")
    run = application.names()
    assert (run["names"], run.stderr) == (ALL, "")


def test_a_plugin_is_added_to_a_folder_whose_time_is_kept(application, settled):
    settled("")
    folder = application.site / "app/plugins"
    status = folder.stat()
    added = application.plugin("d")
    application.age(added)
    os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert application.names()["names"] == [*ALL, "t-d"]


def test_settings_are_replaced(application, settled):
    file = application.home / ".config/app/plugins.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[plugins.b]\nenabled = false\n")
    settled("")
    replace_keeping_times(file, "[plugins.b]", "[plugins.c]")
    assert application.names()["names"] == ["t-a", "t-b"]


def test_a_file_that_is_only_touched_keeps_its_record(application, settled):
    file = settled("")
    replace_keeping_times(file, "'t-b'", "'t-b'")
    assert application.names().imported == []
    file.chmod(0o600)
    assert application.names().imported == []
