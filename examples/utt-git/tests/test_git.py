"""The plugin as its users have it: installed from a wheel beside utt, and run with a real git."""

from __future__ import annotations

import os
import re
import subprocess
import time

import pytest

pytestmark = pytest.mark.slow
PREFIX = "utt-git: not committed, the entry is in the log: "


@pytest.fixture(scope="module")
def environment(environments):
    return environments.shared_environment("packages/utt", "examples/utt-git")


class Tracker:
    """A user who has utt with the plugin, and a git that knows who they are."""

    def __init__(self, environment, user):
        self.user = user
        self.program = environment.program("utt")
        self.log = user.home / ".local/share/utt/utt.log"
        self.folder = self.log.parent
        self.folder.mkdir(parents=True)
        user.environ.update(
            PATH=os.environ["PATH"],
            GIT_CONFIG_GLOBAL=str(user.home / "gitconfig"),
            GIT_CONFIG_NOSYSTEM="1",
            GIT_CEILING_DIRECTORIES=str(user.home.parent),
        )
        (user.home / "gitconfig").write_text("[user]\nname = Ann\nemail = ann@example.org\n")

    def git(self, *words):
        command = ["git", "-C", self.folder, *words]
        return subprocess.run(command, env=self.user.variables, capture_output=True, text=True, check=True).stdout

    def add(self, minute, name="mail", *options):
        return self.user.run(self.program, *options, "--now", f"2026-03-02 10:{minute:02}", "add", name)

    def edit(self, editor):
        self.user.environ["VISUAL"] = editor
        return self.user.run(self.program, "edit")

    def commits(self):
        return self.git("log", "--format=%s").splitlines()

    def entries(self):
        return len([line for line in self.log.read_text().splitlines() if line])


@pytest.fixture
def tracker(environment, user):
    return Tracker(environment, user)


@pytest.fixture
def repository(tracker):
    tracker.git("init", "--quiet")
    return tracker


def told(done):
    """Return what the plugin says; `add` itself has succeeded, and said nothing."""
    assert (done.code, done.out) == (0, "")
    if not done.err:
        return ""
    assert done.err.startswith(PREFIX), done.err
    assert done.err.count("\n") == 1, done.err
    return done.err.removeprefix(PREFIX)


def test_each_entry_is_a_commit_of_the_log(repository):
    assert told(repository.add(1)) == ""
    assert told(repository.add(2, "acme: call Zoé")) == ""

    assert repository.commits() == ["2026-03-02 10:02 acme: call Zoé", "2026-03-02 10:01 mail"]
    assert repository.git("show", "HEAD:utt.log") == repository.log.read_text(encoding="utf-8")


def test_what_is_edited_is_a_commit_and_an_edit_of_nothing_is_none(repository):
    assert told(repository.add(1)) == ""
    assert told(repository.edit("true")) == ""
    assert told(repository.edit("sed -i.before s/mail/call/")) == ""
    assert told(repository.add(2)) == ""

    assert repository.commits() == ["2026-03-02 10:02 mail", "Edit the log", "2026-03-02 10:01 mail"]
    assert "10:01 call" in repository.git("show", "HEAD~1:utt.log")

    (repository.folder / ".git/HEAD").write_text("rubbish")
    done = repository.edit("sed -i.before s/call/talk/")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert done.err.startswith("utt-git: not committed, the change is in the log: ")


def test_what_else_is_changed_in_the_repository_stays_as_it_is(repository):
    (repository.folder / "staged").write_text("1")
    (repository.folder / "new").write_text("1")
    repository.git("add", "staged")

    assert told(repository.add(1)) == ""

    assert repository.git("ls-tree", "--name-only", "HEAD") == "utt.log\n"
    assert repository.git("status", "--porcelain") == "A  staged\n?? new\n"


def test_a_log_in_another_project_is_left_alone_until_git_tracks_it(tracker):
    top = tracker.folder.parent
    subprocess.run(["git", "-C", top, "init", "--quiet"], env=tracker.user.variables, check=True)

    assert "git does not track the log; to have it committed: git -C " in told(tracker.add(1))
    tracker.git("add", "utt.log")
    assert told(tracker.add(2)) == ""

    assert tracker.commits() == ["2026-03-02 10:02 mail"]


def test_a_link_to_the_log_commits_the_file_that_it_leads_to(repository):
    target = repository.folder / "log"
    target.touch()
    repository.log.symlink_to(target)

    assert told(repository.add(1)) == ""

    assert repository.git("show", "HEAD:log") == target.read_text()


def test_without_a_repository_one_line_says_how_to_make_one(tracker):
    assert told(tracker.add(1)) == f"the log is in no git repository; to make one: git -C '{tracker.folder}' init\n"
    assert tracker.entries() == 1


def test_without_git_one_line_says_so(repository):
    repository.user.environ["PATH"] = str(repository.user.home)

    assert told(repository.add(1)) == "git is not installed, or not in PATH\n"
    assert repository.entries() == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / ".git/config").write_text("[core\n"), "fatal: bad config line 1"),
        (lambda folder: (folder / ".git/index").write_text("rubbish"), "fatal: "),
        (lambda folder: (folder / ".git/HEAD").write_text("rubbish"), "git "),
    ],
    ids=["config", "index", "head"],
)
def test_a_broken_repository_costs_nothing(repository, spoil, said):
    repository.add(1)
    spoil(repository.folder)

    assert said in told(repository.add(2))
    assert repository.entries() == 2


def test_a_locked_index_is_told_and_the_next_entry_commits_both(repository):
    repository.add(1)
    (repository.folder / ".git/index.lock").touch()

    assert "index.lock" in told(repository.add(2))
    (repository.folder / ".git/index.lock").unlink()
    assert told(repository.add(3)) == ""

    assert repository.commits() == ["2026-03-02 10:03 mail", "2026-03-02 10:01 mail"]
    assert repository.git("show", "HEAD:utt.log") == repository.log.read_text()


def test_a_name_that_git_does_not_know_is_told(repository):
    repository.user.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    repository.git("config", "user.useConfigOnly", "true")

    assert "no email was given" in told(repository.add(1))
    assert repository.entries() == 1


def test_a_git_that_hangs_is_stopped_with_all_that_it_has_started_and_leaves_no_lock(repository):
    hook, pid = repository.folder / ".git/hooks/pre-commit", repository.user.home / "pid"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {pid}\nwait\n")
    hook.chmod(0o755)
    began = time.monotonic()

    assert (
        told(repository.add(1)) == "git took longer than 5 s and was stopped; the next commit contains the entry, too\n"
    )

    assert time.monotonic() - began < 15
    assert not (repository.folder / ".git/index.lock").exists()
    assert not is_running(int(pid.read_text()))
    hook.unlink()
    assert told(repository.add(2)) == ""
    assert repository.entries() == 2


def is_running(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:  # what was killed is a zombie until somebody has asked for it
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        if not re.match("[^Z]", state):
            return False
    return True


def test_it_is_about_the_repository_of_the_log_also_within_a_hook_of_another(repository, tmp_path):
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", other], env=repository.user.variables, check=True)
    repository.user.environ |= {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git/index")}

    assert told(repository.add(1)) == ""

    del repository.user.environ["GIT_DIR"], repository.user.environ["GIT_INDEX_FILE"]
    assert repository.commits() == ["2026-03-02 10:01 mail"]


def test_entries_that_are_added_at_once_are_all_committed(repository):
    repository.add(1)
    words = "--now", "2026-03-02 10:02", "add", "mail"
    running = [repository.user.start(repository.program, *words) for _ in range(4)]

    assert [(each.communicate()[1], each.returncode) for each in running] == [(b"", 0)] * 4

    assert repository.entries() == 5
    assert repository.git("status", "--porcelain") == ""


def test_an_entry_that_is_refused_commits_nothing(repository):
    repository.add(2)

    assert repository.add(1).code == 1
    assert repository.commits() == ["2026-03-02 10:02 mail"]


def test_safe_mode_does_without_it(repository):
    assert told(repository.add(1, "mail", "--no-plugins=git")) == ""
    assert not (repository.folder / ".git/index").exists()
