"""What may befall an index: each a cold start at most, never an error, and never a wrong contribution."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from support.soak import sized

from pegboard.errors import UnusableIndexError
from pegboard.index import MAGIC, VERSION, Index, digest
from pegboard.ledger import Records

pytestmark = pytest.mark.usefixtures("objects_are_not_compared")

KINDS = ("things", "component")


def everything(data):
    """Return all that an index with these bytes answers, and what of it cannot be had because it is damaged."""
    index = Index("", len(data), data)
    records = Records(index)
    found = {"validity": index.validity, "head": index.head}

    def ask(name, question):
        try:
            found[name] = question()
        except UnusableIndexError:
            found[name] = None

    def rows(kind):
        return [
            (row.text, row.owner.module, dict(row.metadata), row.override, row.sequence)
            for row in records.contributions(kind)
        ]

    ask("plugins", lambda: [(each.as_dict(), each.rank, each.eager, each.is_plain) for each in records.plugins()])
    for kind in KINDS:
        ask(f"texts {kind}", lambda kind=kind: index.texts(kind))
        ask(f"rows {kind}", lambda kind=kind: rows(kind))
        for text in ("t-a", "t-b", "app.api:Clock"):
            ask(
                f"found {kind} {text}",
                lambda kind=kind, text=text: [
                    (row.owner.module, dict(row.metadata)) for row in records.find(kind, text)
                ],
            )
    ask("cold", lambda: index.read_whole(*index.cold))
    return found


def damaged(data, chance):
    """Return *data* with something done to it that a disk, a power failure or an editor may do."""
    at, size = chance.randrange(len(data)), chance.choice((1, 1, 1, 2, 8, 64, 512))
    other = chance.randrange(len(data))
    return chance.choice(
        (
            lambda: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
            lambda: data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
            lambda: data[:at],
            lambda: data[at:],
            lambda: data[:at] + data[at + size :],
            lambda: data[:at] + chance.randbytes(size) + data[at:],
            lambda: data[:at] + bytes(size) + data[at + size :],
            lambda: data[:at] + data[other : other + size] + data[at + size :],
            lambda: data[:at] + data[at : at + size] + data[at:],
            lambda: data + data[at : at + size],
            lambda: with_lines_swapped(data, chance),
            lambda: data.replace(MAGIC, b"pegboard-index %d " % chance.randrange(100), 1),
            lambda: data.replace(b"\x1f", b"\x1e", chance.randrange(1, 9)),
            lambda: data.replace(VERSION.encode(), b"9.9.9", 1),
        )
    )()


def with_lines_swapped(data, chance):
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def with_fitting_hashes(data, chance):
    """Return *data* with something else in its head, and hashes that say that it is whole: it was not written so."""
    first, _, rest = data.partition(b"\n")
    *magic, _, length, cold_hash = first.split(b" ")
    head, body = rest[: int(length)], rest[int(length) :]
    head = damaged(head, chance)
    return b" ".join([*magic, digest(head).encode(), b"%d" % len(head), cold_hash]) + b"\n" + head + body


@pytest.mark.soak
def test_no_damage_gives_a_wrong_answer(application, chance):
    application.plugin("a", "provide(api.Clock, lambda: api.Clock())\nregister('same', 1, number=1)\n")
    application.plugin("b", "register('same', 2, override=True)\nregister('ünï', 3, text='x' * 300)\n")
    application.plugin("c", "1/0\n")
    application.settle()
    application.names()
    data = application.index.read_bytes()
    whole = everything(data)
    assert whole["texts things"] == ("t-a", "same", "t-b", "ünï")
    assert None not in whole.values()

    for _ in range(sized(500, 10_000)):
        strange = with_fitting_hashes(data, chance)
        try:
            Index("", len(strange), strange)
        except UnusableIndexError:
            continue

    rounds = sized(1_000, 10_000)
    refused = noticed = 0
    for _ in range(rounds):
        try:
            found = everything(damaged(data, chance))
        except UnusableIndexError:
            refused += 1
            continue
        wrong = {name for name, value in found.items() if value is not None and value != whole[name]}
        assert not wrong
        noticed += None in found.values()
    assert refused > rounds / 10
    assert noticed > rounds / 10


@pytest.mark.soak
def test_a_start_with_a_damaged_index_answers_as_one_without(live_application, chance):
    """Whatever is wrong with an index makes a start slow, never wrong."""
    live_application.plugin("a", "api.register('a', 1)\napi.register('same', 1, number=1)\n")
    live_application.plugin("b", "api.register('b', 2)\napi.provide(api.View, lambda: 'its')\n")
    live_application.start_elsewhere()
    (path,) = (live_application.directory / "cache").glob("*.index")
    whole = path.read_bytes()
    for number in range(sized(20, 10_000)):
        path.write_bytes(damaged(whole, chance))
        path.chmod(0o600)
        for other in path.parent.glob("*.records"):
            other.unlink()
        forget_plugins()
        host = live_application.start(strict=False)
        things = live_application.things
        if number % 2:
            assert things.names() == ("a", "same", "b")
        assert (things["same"], things["b"], dict(things.describe("same"))) == (1, 2, {"number": 1})
        assert host.container.get(live_application.api.View) == "its"
        assert [plugin.name for plugin in host.plugins] == ["a", "b"]
        assert (host.problems, live_application.reports) == ([], [])


def forget_plugins():
    for name in [name for name in sys.modules if name.startswith("app.plugins")]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder) is not type(sys.implementation)]


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("value", [b"\xff\x86\xfe", b"", b"9" * 5000, b"-1", "\u0663".encode()])
def test_a_first_line_that_is_nonsense_is_no_error(application, at, value):
    application.plugin("a")
    application.settle()
    application.names()
    first, newline, rest = application.index.read_bytes().partition(b"\n")
    *magic, hash_, length, cold_hash = first.split(b" ")
    parts = [hash_, length, cold_hash]
    parts[at] = value
    application.index.write_bytes(b" ".join([*magic, *parts]) + newline + rest)
    for _ in range(2):
        run = application.names()
        assert (run["names"], run.stderr) == (["t-a"], "")


@pytest.mark.soak
def test_kills_leave_the_old_index_or_the_new_one(application, chance):
    """Killed after so many bytes of its marks were read: at any moment of a write, between two, at the first."""
    for name in "ab":
        application.plugin(name)
    application.settle()
    application.names()
    index = application.index
    versions = [index.read_bytes(), index.read_bytes().replace(b"by a", b"BY A") * 20]
    for number, data in enumerate(versions):
        (application.root / f"version{number}").write_bytes(data)
    writing = """
import os, sys
from pegboard.startup.recording.files import write
versions = [open(path, "rb").read() for path in sys.argv[2:]]
while True:
    for data in versions:
        os.write(1, b".")
        write(sys.argv[1], data)
"""
    seen = set()
    for _ in range(sized(10, 400)):
        victim = subprocess.Popen(
            [sys.executable, "-c", writing, index, *(application.root / f"version{number}" for number in (0, 1))],
            stdout=subprocess.PIPE,
        )
        victim.stdout.read(chance.randrange(1, 40))
        victim.kill()
        victim.communicate()
        seen.add(versions.index(index.read_bytes()))
    assert seen == {0, 1}
    index.write_bytes(versions[0])
    run = application.names()
    assert (run["names"], run.imported, run.stderr) == (["t-a", "t-b"], [], "")


@pytest.mark.soak
def test_starts_that_are_killed_at_any_moment_are_followed_by_a_good_one(application, chance):
    for name in "abcdef":
        application.plugin(name, "import os\nos.write(1, b'.')\n")
    application.settle()
    names = [f"t-{name}" for name in "abcdef"]
    step = "import os; things.names(); os.write(1, b'......')"  # what it writes last, and the end, may be cut, too
    for _ in range(sized(8, 100)):
        for file in (application.home / ".cache").rglob("*.index"):
            file.unlink()
        victim = subprocess.Popen(
            [sys.executable, "-B", application.code / "program.py", json.dumps([step])],
            env=application.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        victim.stdout.read(chance.randrange(12))
        victim.kill()
        victim.communicate()
        process = application.process("result['names'] = things.names()")
        assert json.loads(process.stdout.splitlines()[-1].lstrip("."))["names"] == names
        # That who was being imported is named is right: it was killed in the middle of that.
        assert all("warning[plugin-crashed]" in line for line in process.stderr.splitlines())
    process = application.process("result['names'] = things.names()")
    assert json.loads(process.stdout.splitlines()[-1]) == {"names": names, "imported": []}


@pytest.mark.soak
def test_processes_that_start_cold_at_once_all_work(application):
    count = sized(8, 40)
    names = [f"p{number:02}" for number in range(10)]
    for name in names:
        application.plugin(name)
    application.settle()
    runs = []
    threads = [threading.Thread(target=lambda: runs.append(application.names())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {tuple(run["names"]) for run in runs} == {tuple(f"t-{name}" for name in names)}
    assert {run.stderr for run in runs} == {""}
    assert len(runs) == count
    assert application.names().imported == []


def test_a_cache_that_is_a_link_to_somebody_elses_file_leaves_that_file_alone(primed):
    precious = primed.root / "precious"
    precious.write_text("not an index")
    index = primed.index
    index.unlink()
    index.symlink_to(precious)
    for _ in range(2):
        run = primed.names()
        assert (run["names"], run.stderr) == (["t-a", "t-b", "t-c"], "")
    assert precious.read_text() == "not an index"
    assert primed.names().imported == []


def test_a_cache_folder_that_is_a_link_to_a_file_costs_only_speed(primed):
    precious = primed.root / "precious"
    precious.write_text("not a folder")
    folder = primed.index.parent
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(precious)
    for _ in range(2):
        run = primed.names()
        assert (run["names"], run.stderr) == (["t-a", "t-b", "t-c"], "")
    assert precious.read_text() == "not a folder"


def test_a_clock_that_was_set_back_hides_no_edit(primed):
    """What is edited then seems older than what was recorded; and what was recorded, from the future."""
    file = primed.site / "app/plugins/b.py"
    text = file.read_text()
    for name, years in (("past", -10), ("future", 1)):
        file.write_text(text.replace("'t-b'", f"'{name}'"))
        then = time.time() + years * 365 * 24 * 3600
        os.utime(file, (then, then))
        run = primed.names()
        assert (run["names"], run.imported) == (["t-a", name, "t-c"], ["b"])
    assert primed.names()["names"] == ["t-a", "future", "t-c"]


def test_an_edit_of_the_same_size_with_the_old_time_restored_is_noticed_when_the_file_is_another(primed):
    """As an installer or an editor does it, by a new file in the place of the old; see the explanation for the rest."""
    file = primed.site / "app/plugins/b.py"
    status, text = file.stat(), file.read_text()
    fresh = file.with_suffix(".new")
    fresh.write_text(text.replace("t-b", "t-z"))
    os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(fresh, file)
    assert file.stat().st_size == status.st_size
    assert primed.names()["names"] == ["t-a", "t-z", "t-c"]


def test_what_a_plugin_only_asks_for_is_the_hole_that_saying_it_closes(application):
    """See the explanation of laziness: an import that asks whether a file is there leaves no trace of that."""
    flag = application.root / "flag"
    reads = f"import pathlib\nif pathlib.Path({str(flag)!r}).exists(): register('{{}} there', 1)\n"
    application.plugin("a", reads.format("a"))
    application.plugin("b", f"declare(depends_on=[{str(flag)!r}])\n" + reads.format("b"))
    application.settle()
    assert application.names()["names"] == ["t-a", "t-b"]
    assert application.names().imported == []
    flag.touch()
    run = application.names()
    assert (run["names"], run.imported) == (["t-a", "t-b", "b there"], ["b"])
