"""The bars, as data: what is measured, and how much is allowed."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """One limit."""

    key: str
    """The measurement that it judges."""
    limit: float
    text: str
    is_least: bool = False
    """Whether the limit is the least allowed, instead of the most."""
    floor: str = ""
    """The measurement of the floor: a framework that imports the plugin at all can hardly be faster."""

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.is_least else value <= self.limit


BARS = (
    Bar("frugal-1000/ours list:bare", 1.15, "list, N=1000: x bare interpreter"),
    Bar("frugal-5000/ours list:bare", 1.50, "list, N=5000: x bare interpreter"),
    Bar("light-1000/ours run:floor", 1.10, "run, N=1000, light: x importing that plugin alone"),
    Bar("frugal-1000/ours run:bare", 1.28, "run, N=1000, frugal: x bare interpreter", floor="frugal-1000/floor:bare"),
    *(
        Bar(
            f"light-1000/{other} {job}:ours {job}",
            20,
            f"{job}, N=1000, light: {other} / ours",
            is_least=True,
            floor=f"light-1000/{other} run:floor" if job == "run" else "",
        )
        for job in ("list", "run")
        for other in ("eager", "metadata", "pluggy", "stevedore", "plux")
    ),
    Bar("frugal-1000/memory list", 6.0, "list, N=1000: MiB above bare interpreter"),
    Bar("frugal-1000/memory run", 6.0, "run, N=1000, frugal: MiB above bare interpreter"),
    Bar("frugal-1000/modules list", 4, "list, N=1000: modules beyond bare, without the application's"),
    Bar("frugal-1000/modules run", 7, "run, N=1000, frugal: modules beyond bare, without the application's"),
    Bar("cold-light-1000/first start", 1.5, "first start, N=1000, light, without 0.5 s for judging: x eager loop"),
    Bar("cold-light-100/starts", 3, "starts until all are judged, N=100, light"),
    Bar("cold-light-1000/starts", 21, "starts until all are judged, N=1000, light"),
    Bar("cold-light-1000/judging", 10, "judging, N=1000, light: ms a plugin, beyond its import"),
    Bar("calls/registry[name]:dict[name]", 10, "live registry[name], 200 names: x dict[name]"),
    Bar("calls/name in registry:dict[name]", 8, "name in registry, 200 names: x dict[name]"),
    Bar("calls/describe(name):dict[name]", 25, "describe(name), 200 names: x dict[name]"),
    Bar("calls/names() of 200:tuple(dict) of 200", 1, "names() of 200, nothing changed: x tuple(dict)"),
    Bar("calls/names() of 500:tuple(dict) of 500", 1, "names() of 500, nothing changed: x tuple(dict)"),
    Bar("calls/container get:svcs get", 1, "container.get of a cached component: x svcs"),
    Bar(
        "processes/calls of another version",
        0,
        "1,000 calls over workers with differing versions, exact: of another one",
    ),
    Bar(
        "processes/environment and first call:by hand",
        1.3,
        "environment of an isolated plugin (NumPy 1.26), warm cache, and first call: x by hand",
    ),
    Bar("processes/fingerprint version ms", 1, "fingerprint of 100 distributions by name and version: ms"),
    Bar("adoption-llm/own:ours", 5, "llm --help, 25 plugins: llm's own / ours", is_least=True),
    Bar("adoption-llm/ours:plain", 1.15, "llm --help, 25 plugins: x llm without plugins"),
    Bar("adoption-pelican/own:ours", 3, "Pelican, a site that uses 5 of 50 plugins: its own / ours", is_least=True),
    *(
        Bar(
            f"pluggy hooks-{version}/by position {count}",
            3.5,
            f"hook with {count} implementations, Python {version}: pluggy / ours",
            is_least=True,
        )
        for version in ("3.11", "3.13")
        for count in (0, 1, 10, 100)
    ),
    *(
        bar
        for version in ("3.11", "3.13")
        for bar in (
            Bar(f"hooks-{version}/by position 100:loop", 1.2, f"hook with 100, Python {version}: x bare loop"),
            Bar(f"hooks-{version}/by position 10:loop", 1.4, f"hook with 10, Python {version}: x bare loop"),
            Bar(f"hooks-{version}/modules", 1, f"50 declared hooks, Python {version}: modules more"),
            Bar(f"hooks-{version}/declaring", 0.02, f"50 declared hooks, Python {version}: of a bare start"),
            Bar(f"hooks-{version}/bind", 3, f"bind, 6 of 1,000 plugins implement, Python {version}: x 6 plugins"),
        )
    ),
    Bar("processes/pegboard:bare", 3, "a small call in another process, p50: x bare round trip"),
    Bar(
        "processes/pickled:shared",
        300,
        "64 MiB in the shared allocator, there and back: pickled in band / ours",
        is_least=True,
    ),
    Bar("processes/ordinary:copies", 1.5, "an ordinary array of 64 MiB, there and back: x two copies into warm blocks"),
    Bar("processes/cancel ms", 50, "cancel, until the function has ended: median ms"),
    Bar("processes/killed:by hand", 1.3, "kill -9 of a plugin's process, named, serving again: x starting it by hand"),
    Bar("utt-one-year/new add:old add", 0.35, "utt add, one-year log: x utt 1.32"),
    Bar("utt-one-year/new report:old report", 0.35, "utt report, one-year log: x utt 1.32"),
    Bar("utt-help/help of 1000:help of 1", 1.6, "utt --help with 1,000 commands of plugins: x with one"),
    Bar("utt-ten-year/add above bare", 0.25, "utt add, ten-year log: above bare, x utt 1.32 above bare"),
    Bar("utt-ten-year/report above bare", 0.25, "utt report of a day, ten-year log: the same"),
)
