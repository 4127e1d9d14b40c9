"""Times calls of hooks in one process: pegboard, pluggy and a bare loop in turn, in many short rounds. Prints JSON.

Each case is a call in a loop. The time of the loop is part of every number, as it is of what an application sees.
"""

import gc
import json
import sys
from time import thread_time_ns  # time of other processes does not count

import pluggy
from benchhooks.application import host

from pegboard.hooks.substitution import Substitution

COUNTS = (0, 1, 10, 100)
SLICE_NS = 200_000

spec, implementation = pluggy.HookspecMarker("benchhooks"), pluggy.HookimplMarker("benchhooks")


class Specification:
    """What pluggy is told of the hook."""

    @spec
    def ask(self, document):
        """Ask all."""


class Holder:
    """A plugin of pluggy."""


@host.hooks.collect
def ask(document: object) -> object:
    raise NotImplementedError


def made():
    def answer(document):
        return document

    return answer


class Case:
    """Something that is called many times."""

    def __init__(self, call):
        self.call = call
        self.passes = 1
        self.times = []

    def run(self):
        """Return the nanoseconds of one call."""
        call, passes = self.call, range(self.passes)
        began = thread_time_ns()
        for _ in passes:
            call()
        return (thread_time_ns() - began) / self.passes

    def prepare(self):
        self.run()
        self.passes = 100
        self.passes = max(1, round(SLICE_NS / max(self.run(), 1)))


def measure(cases, rounds):
    """Run every case once in each round, and begin each round with another one; return the times."""
    ordered = list(cases.values())
    for case in ordered:
        case.prepare()
    gc.collect()
    gc.disable()
    for number in range(rounds):
        first = number % len(ordered)
        for case in ordered[first:] + ordered[:first]:
            case.times.append(case.run())
    gc.enable()
    return {name: case.times for name, case in cases.items()}


def calls(rounds):
    """Measure calls with each number of implementations."""
    times = {}
    functions = []
    document = object()
    for count in COUNTS:
        while len(functions) < count:
            functions.append(made())
            ask.implement(made())
        manager = pluggy.PluginManager("benchhooks")
        manager.add_hookspecs(Specification)
        for function in functions:
            holder = Holder()
            holder.ask = implementation(function)
            manager.register(holder)
        loop, theirs = looping(tuple(functions)), manager.hook.ask
        assert ask(document) == ask(document=document) == loop(document) == [document] * count
        assert theirs(document=document) == [document] * count
        cases = {
            "loop": Case(lambda loop=loop: loop(document)),
            "pegboard": Case(lambda: ask(document)),
            "pegboard by name": Case(lambda: ask(document=document)),
            "pluggy": Case(lambda theirs=theirs: theirs(document=document)),
        }
        times[count] = measure(cases, rounds)
    return times


def looping(functions):
    def loop(document):
        results = []
        for function in functions:
            result = function(document)
            if result is not None:
                results.append(result)
        return results

    return loop


def binding(rounds):
    """Measure a call after a change: an implementation has come, or has gone again."""
    host.start()
    hook = host.hooks["answer"]
    assert len(hook()) == 6
    answer = Substitution(hook, lambda: 1)

    def change():
        with answer:
            hook()
        hook()

    return {"bind": measure({"bind": Case(change)}, rounds)["bind"]}


if __name__ == "__main__":
    job, rounds = sys.argv[1], int(sys.argv[2])
    json.dump((calls if job == "calls" else binding)(rounds), sys.stdout)
