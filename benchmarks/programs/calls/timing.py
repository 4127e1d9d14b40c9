"""Times calls in one process: pegboard, a dict, svcs and dishka in turn, in many short rounds. Prints JSON.

Each case is a statement that a loop executes, as `timeit` does it. The time of the loop is part of every number.
"""

import gc
import importlib
import json
import random
import sys
from time import thread_time_ns  # time of other processes does not count

import dishka
import svcs
from benchhost.main import commands, host, topics

SLICE_NS = 100_000
"""How long one case runs in a round, about: short, so that all cases of a round run under the same conditions."""


class Case:
    """A statement, compiled with a loop around it."""

    def __init__(self, statement, items, **used):
        names = ", ".join(used)
        source = (
            f"def loop(items, passes, clock, {names}):\n began = clock()\n for _ in passes:\n  for item in items:\n"
            f"   {statement}\n return clock() - began"
        )
        scope = {}
        exec(compile(source, statement, "exec"), scope)
        self.loop, self.items, self.used = scope["loop"], items, used
        self.passes = 10
        self.times = []

    def run(self):
        """Return the nanoseconds of one call."""
        total = self.loop(self.items, range(self.passes), thread_time_ns, **self.used)
        return total / self.passes / len(self.items)

    def prepare(self):
        """Fill caches, let the interpreter specialise the loop, and find out how often to repeat it."""
        self.run()
        self.passes = max(1, round(SLICE_NS / (self.run() * len(self.items))))


class Component:
    """What the application itself looks up."""


class Other:
    """What the application itself looks up, too."""


class View:
    """What is made anew at each look-up."""

    def __init__(self, component: Component, other: Other) -> None:
        self.component = component
        self.other = other


def shuffled(names):
    return random.Random(13).sample(names, len(names))


def reading(live):
    """Return the cases that read a registry; those that look up contributions use only the names in *live*."""
    # strings of our own: a user asks with another object than the registry's; a dict is fastest with its very keys
    names, more = (["".join(list(name)) for name in registry.names()] for registry in (commands, topics))
    table, tables = dict.fromkeys(names, 1), dict.fromkeys(more, 1)
    items, few = shuffled(names), range(10)
    cases = {
        "empty loop": Case("pass", items),
        "dict[name]": Case("table[item]", items, table=table),
        "name in registry": Case("item in registry", items, registry=commands),
        "describe(name)": Case("registry.describe(item)", items, registry=commands),
        "tuple(dict) of 200": Case("tuple(table)", few, table=table),
        "names() of 200": Case("registry.names()", few, registry=commands),
        "tuple(dict) of 500": Case("tuple(table)", few, table=tables),
        "names() of 500": Case("registry.names()", few, registry=topics),
    }
    if live:
        cases["registry[name]"] = Case("registry[item]", shuffled(live), registry=commands)
    return cases


def making(keys):
    """Return the cases of the three containers: a cached component, and one that is made from two others."""
    host.container.provide(Component)
    host.container.provide(Other)
    host.container.provide(View, scope="transient")
    registry, provider = svcs.Registry(), dishka.Provider(scope=dishka.Scope.APP)
    for key in (*keys, Component, Other):
        registry.register_factory(key, key)
        provider.provide(key)
    provider.provide(View, cache=False)
    containers = {
        "container": host.container,
        "svcs": svcs.Container(registry),
        "dishka": dishka.make_container(provider),
    }
    cases = {}
    for name, container in containers.items():
        for key in keys:
            assert type(container.get(key)) is key, name
            assert container.get(key) is container.get(key), name
        cases[f"{name} get"] = Case("container.get(item)", shuffled(keys), container=container)
    component, other = Component(), Other()
    cases["transient by hand"] = Case("item(component, other)", [View] * 10, component=component, other=other)
    for name in ("container", "dishka"):  # svcs injects nothing, and keeps whatever it makes
        container = containers[name]
        first, second = container.get(View), container.get(View)
        assert first is not second, name
        assert first.component is second.component, name
        cases[f"{name} transient"] = Case("container.get(item)", [View] * 10, container=container)
    return cases


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


def imported():
    return [name for name in sys.modules if name.startswith("benchhost.plugins.")]


def main(rounds):
    host.start()
    times = {"primed": measure(reading([]), rounds)}
    assert not imported(), "reading names and descriptions imports no plugin"
    names = commands.names()
    assert (len(names), len(topics.names())) == (200, 500)
    used = [name for name in names if int(name.split("-")[1]) % 2]
    assert [commands[name].name for name in used] == used
    assert len(imported()) == 20, "half of the plugins have been used"
    times["half live"] = measure(reading(used), rounds)
    assert [command.name for _, command in commands.items()] == list(names)
    times["live"] = measure(reading(list(names)), rounds)
    modules = (importlib.import_module(name) for name in imported())
    keys = [getattr(module, f"Component{int(module.__name__[-5:])}") for module in modules]
    assert len(keys) == 40
    times["containers"] = measure(making(keys), rounds)
    json.dump(times, sys.stdout)
