"""Makes up logs and command lines: as people have them, and as they should not be.

Each case depends on the seed and its number alone, so that one which fails can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

PROJECTS = ["acme", "Acme", "beta-site", "日本", "éa", "x.y", "p:q"]
TASKS = ["mail", "write the importer", "review", "call Zoé", "1:1", "deploy", "über alles", "a, b", 'say "hi"', "x # y"]
BREAKS = ["lunch **", "coffee**", "acme: walk **", "** **"]
IGNORED = ["commute ***", "acme: nap ***"]
COMMENTS = ["with Zoé", "#1", "late; again", "x  # y", "-"]
WEEKDAYS = ["monday", "tuesday", "Wednesday", "THURSDAY", "friday", "saturday", "sunday"]
BAD_LINES = ["what is this", "2026-02-30 09:00 a", "2026-02-03 24:00 a", "2026-02-03 09:00", "09:00 a", "# a comment"]


@dataclass(frozen=True)
class Case:
    """A log, and the command lines that are typed one after the other."""

    log: bytes | None
    """None: there is no log."""
    config: str | None
    """The configuration file; None: there is none."""
    steps: tuple[tuple[str, ...], ...]


def case(seed: int, number: int) -> Case:
    """Return the case of that number."""
    random = Random(f"{seed}/{number}")
    entries = _entries(random)
    log = _log(random, entries)
    last = entries[-1][0] if entries else datetime(2026, 3, 3, 9)
    config = random.choice([None, None, None, "[a]\nB = c\n d\n[DEFAULT]\nx=1\n", "no section\n"])
    steps = []
    now = last
    for _ in range(random.choice([1, 1, 1, 1, 1, 2, 3])):
        now = _later(random, now)
        command = random.choices([_report, _add, _other], [62, 24, 14])[0](random, now)
        steps.append(("--now", f"{now:%Y-%m-%d %H:%M}", *command))
    return Case(log, config, tuple(steps))


def plugin_case(seed: int, number: int) -> Case:
    """Return a case with the commands of the two published plugins."""
    random = Random(f"{seed}/plugins/{number}")
    entries = _entries(random)
    now = _later(random, entries[-1][0] if entries else datetime(2026, 3, 3, 9))
    words = [random.choice(["balance", "project-summary"])]
    if words == ["balance"]:
        for option, values in (
            ("--daily-hrs", ["8", "7.5", "0", "x"]),
            ("--weekly-hrs", ["40", "32", "-1"]),
            ("--week-start", ["monday", "sunday", "friday", "never"]),
        ):
            if random.random() < 0.4:
                words += [option, random.choice(values)]
    else:
        words += [*_range(random, now), *(["--show-perc"] if random.random() < 0.5 else [])]
        words += random.choice(
            [[], [], ["--no-current-activity"], ["--project", "acme"], ["--current-activity", "p: x"]]
        )
    if random.random() < 0.1:
        words.append("--help")
    return Case(_log(random, entries), None, (("--now", f"{now:%Y-%m-%d %H:%M}", *words),))


# -- logs -------------------------------------------------------------------------------------------------------------


def _entries(random: Random) -> list[tuple[datetime, str]]:
    """Return what was finished when: some days of somebody's work."""
    day = datetime(random.randint(2019, 2030), random.randint(1, 12), random.randint(1, 28))
    entries: list[tuple[datetime, str]] = []
    for _ in range(random.choice([0, 1, 1, 2, 5, 12, 25])):
        time = day + timedelta(minutes=random.randint(5 * 60, 11 * 60))
        if random.random() < 0.9:
            entries.append((time, "hello"))
        for _ in range(random.randint(0, 8)):
            time += timedelta(minutes=random.choice([0, 3, 9, 15, 21, 45, 60, random.randint(1, 200)]))
            entries.append((time, _name(random) + _comment(random)))
        day = datetime(time.year, time.month, time.day) + timedelta(days=random.choice([1, 1, 1, 2, 3, 9]))
    return entries


def _name(random: Random) -> str:
    kind = random.random()
    if kind < 0.14:
        return random.choice(BREAKS)
    if kind < 0.19:
        return random.choice(IGNORED)
    if kind < 0.45:
        return random.choice(TASKS)
    gap = random.choice([": ", ": ", ": ", ":  ", ":", ":\t"])
    return f"{random.choice(PROJECTS)}{gap}{random.choice(TASKS)}"


def _comment(random: Random) -> str:
    return random.choice(["  # ", "  # ", "   # ", "\t # "]) + random.choice(COMMENTS) if random.random() < 0.2 else ""


def _log(random: Random, entries: list[tuple[datetime, str]]) -> bytes | None:
    """Return the entries as somebody may have written them, at times with a mistake."""
    if not entries and random.random() < 0.7:
        return None
    lines = []
    for number, (time, name) in enumerate(entries):
        if number and time.date() != entries[number - 1][0].date():
            lines.append("")
        date, clock = f"{time:%Y-%m-%d}", f"{time:%H:%M}"
        if random.random() < 0.05:
            date, clock = f"{time.year}-{time.month}-{time.day}", f"{time.hour}:{time.minute}"
        lines.append(
            f"{random.choice(['', '', '', ' ', chr(160)])}{date} {random.choice(['', '', '', ' '])}{clock} {name}"
        )
    mistake = random.random()
    if mistake < 0.05:
        lines.insert(random.randint(0, len(lines)), random.choice(BAD_LINES))
    elif mistake < 0.09 and len(lines) > 1:
        lines.append(lines[0])
    end = random.choice(["\n", "\n", "\n", "\r\n", "\r"])
    text = end.join(lines) + random.choice([end, end, end, "", end + end])
    if 0.09 < mistake < 0.11:
        text = "\ufeff" + text
    if 0.11 < mistake < 0.13:
        return text.encode("latin-1", "replace")
    return text.encode()


def _later(random: Random, time: datetime) -> datetime:
    """Return a moment that is mostly a while after *time*."""
    minutes = random.choice([0, 5, 30, 90, 300, 900, 1440, 3 * 1440, -1, -600])
    return time + timedelta(minutes=minutes)


# -- command lines ----------------------------------------------------------------------------------------------------


def _report(random: Random, now: datetime) -> list[str]:
    words = _range(random, now)
    for option, chance in (
        ("--per-day", 0.25),
        ("--details", 0.3),
        ("--comments", 0.3),
        ("--no-current-activity", 0.15),
    ):
        if random.random() < chance:
            words.append(option)
    if random.random() < 0.2:
        words += ["--csv-section", random.choice(["per-day", "per_day", "per_task", "per-task", "per-week"])]
    if random.random() < 0.15:
        words.append(f"--project={random.choice([*PROJECTS, '', 'nobody'])}")
    if random.random() < 0.2:
        words += ["--current-activity", random.choice(["acme: talk", "x **", "x ***", "hello", ""])]
    return ["report", *words]


def _range(random: Random, now: datetime) -> list[str]:
    kind = random.random()
    if kind < 0.25:
        return []
    if kind < 0.45:
        return [_date(random, now)]
    if kind < 0.6:
        return [f"--week={random.choice(['this', 'prev', 'p', '1', '9', '53', '54', '-1', '-60', '0', '', 'x', '+2'])}"]
    if kind < 0.75:
        values = [
            "this",
            "prev",
            "mar",
            "SEPT",
            "ma",
            "2",
            "12",
            "13",
            "-1",
            "-11",
            "-12",
            "2026-3",
            "2026-13",
            "",
            "x",
        ]
        return [f"--month={random.choice(values)}"]
    if kind < 0.8:
        return [random.choice(["--week", "--month"])]
    words = []
    for option in ("--from", "--to"):
        if random.random() < 0.7:
            words += [option, _date(random, now)]
    return words


def _date(random: Random, now: datetime) -> str:
    day = now - timedelta(days=random.choice([0, 1, 2, 5, 9, 20]))
    return random.choice(
        [f"{day:%Y-%m-%d}"] * 4
        + [f"{day.year}-{day.month}-{day.day}", "today", "T", "yest", "2026-02-30", "mon", "tomorrow", "９９-1-1"]
        + WEEKDAYS
    )


def _add(random: Random, now: datetime) -> list[str]:
    del now
    kind = random.random()
    if kind < 0.15:
        return ["hello"]
    if kind < 0.35:
        return ["stretch"]
    if kind < 0.45:
        return ["add", random.choice(["", "  ", "one\ntwo", "one\r", "\n"])]
    words = ["add", random.choice([_name(random), f"  {_name(random)} ", f"{_name(random)}  # inside", "-- -dash"])]
    if words[1] == "-- -dash":
        return ["add", "--", "-dash"]
    if random.random() < 0.3:
        words += [random.choice(["-c", "--comment"]), random.choice([*COMMENTS, "", " ", "two\nlines"])]
    return words


def _other(random: Random, now: datetime) -> list[str]:
    del now
    return random.choice([
        ["config"], ["config", "--default"], ["config", "--filename"], ["config", "--default", "--filename"],
        ["edit"], ["--version"], [], ["--help"], ["report", "--help"], ["add", "-h"], ["stretch", "--help"],
        ["nonsense"], ["add"], ["report", "a", "b"], ["report", "--c"], ["hello", "there"], ["report", "--now", "x"],
        ["--now", "x", "report"], ["--now", "2026-3-3  8:5", "report"], ["--data", "other.log", "add", "x"],
        ["--data", "./deep/er/other.log", "hello"], ["--data", ".", "report"], ["--data", ".", "add", "x"],
        ["--data", "", "report"], ["--data=nowhere.log", "report"],
    ])  # fmt: skip
