"""Whoever is asked who has a name or a key gives one answer, over random plugins that may fail when used or imported."""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard.errors import PluginError, PluginImportError, ProviderError
from pegboard.host import Host
from pegboard.injection.explanation import Part
from pegboard.tools.inspection.contributions import claims_of
from pegboard.tools.inspection.graph import BRINGS, LOSES, OVERRIDES, WRAPS, graph_of
from pegboard.tools.inspection.survey import survey

pytestmark = pytest.mark.slow

API = """
host = None
is_failing = True  # since a start that records plugins was made
class Failed(Exception): ...
def register(registry, name, override): host.registry(registry).register(name, owner(), override=override)
def provide(key, fails, scope): host.container.provide(key, fail if fails else owner_of(owner()), scope=scope)
def decorate(key, fails):
    mark = owner()
    host.container.decorate(key, fail if fails else lambda inner: (*inner, mark))
def owner_of(name): return lambda: (name,)
def fail(*inner): raise Failed
def owner():
    import sys
    return sys._getframe(2).f_globals["__name__"].rpartition(".")[2]
def fail_later():
    if is_failing: raise Failed
"""
REGISTRIES = ("things", "open")  # the second one allows to override
NAMES = ("x", "y")
OWNERS = ("a", "b", "c")

registration = st.tuples(st.just("register"), st.sampled_from(REGISTRIES), st.sampled_from(NAMES), st.booleans())
provision = st.tuples(
    st.just("provide"), st.sampled_from(NAMES), st.booleans(), st.sampled_from(("singleton", "transient"))
)
decoration = st.tuples(st.just("decorate"), st.sampled_from(NAMES), st.booleans())
plugins = st.dictionaries(
    st.sampled_from(OWNERS),
    st.tuples(
        st.lists(st.one_of(registration, provision, decoration), max_size=5),
        st.booleans(),  # whether it is built in
        st.booleans(),  # whether its import fails when something of it is used
    ),
    min_size=1,
)


class Application:
    """`app` in a folder: started once so that its plugins are recorded, and then from the index."""

    def __init__(self, root, given_plugins, own):
        self.root, self.own = root, own
        self.write("own/app/__init__.py", "")
        self.write("own/app/api.py", API)
        for name, (does, is_built_in, fails_later) in given_plugins.items():
            lines = ["from app import api"]
            lines += [f"api.{what}({', '.join(map(repr, how))})" for what, *how in does]
            lines += ["api.fail_later()"] if fails_later else []
            self.write(f"{'own' if is_built_in else 'site'}/app/plugins/{name}.py", "\n".join(lines))
        for folder, _, files in os.walk(root, topdown=False):
            for path in (*(os.path.join(folder, name) for name in files), folder):
                os.utime(path, (1e9, 1e9))

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(self, *, is_failing):
        forget()
        importlib.invalidate_caches()
        import app.api

        host = Host(
            "app",
            report=lambda problem: None,
            config_directory=self.root / "config",
            cache_directory=self.root / "cache",
            environ={},
        )
        app.api.host = host
        app.api.is_failing = is_failing
        host.registry("things")
        host.registry("open", allow_override=True)
        for what, *how in self.own:
            name = how[-1]
            if what == "register":
                host.registry(how[0]).register(name, "")
            else:
                host.container.provide(name, lambda: ("",), scope=how[0])
        host.start()
        return host


def forget():
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]


own_things = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.sampled_from(REGISTRIES), st.sampled_from(NAMES)),
        st.tuples(st.just("provide"), st.sampled_from(("singleton", "transient")), st.sampled_from(NAMES)),
    ),
    max_size=3,
)
uses = st.permutations([*((registry, name) for registry in REGISTRIES for name in NAMES), *(("", n) for n in NAMES)])


@settings(max_examples=60, deadline=None)
@given(plugins, own_things, uses)
def test_everybody_says_the_same_before_and_after_each_use(given_plugins, own, order):
    path, meta_path = list(sys.path), list(sys.meta_path)
    is_quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            sys.path[:0] = [str(root / "own"), str(root / "site")]
            application = Application(root, given_plugins, own)
            application.start(is_failing=False)
            host = application.start(is_failing=True)
            check_readers(host)
            for registry, name in order:
                if registry:
                    use_name(host, registry, name)
                else:
                    use_key(host, name)
                check_readers(host)
            check_graph(host)
    finally:
        sys.path[:], sys.meta_path[:], sys.dont_write_bytecode = path, meta_path, is_quiet
        forget()


def use_name(host, registry, name):
    """What a look-up gives is what everybody says is in use afterwards; if it fails, nobody has it in use."""
    try:
        found = host.registry(registry)[name]
    except (KeyError, PluginError):  # a KeyError also once the plugin that has it has failed
        assert in_use(claims(host, registry, name)) == []
    else:
        assert in_use(claims(host, registry, name)) == [found]


def use_key(host, name):
    """What the container builds is made by the provider and the decorators that everybody says are in use afterwards."""
    try:
        base, *marks = host.container.get(name)
    except (ProviderError, PluginImportError, LookupError):
        assert in_use(claims(host, "component", name)) == []
    except Exception as error:
        # What a built-in plugin raises passes unchanged: it is the application's own, and nothing serves instead.
        names = in_use(claims(host, "component", name)) + in_use(claims(host, "decorator", name))
        if type(error).__name__ != "Failed" or not any(each and host.plugin(each).is_built_in for each in names):
            raise
    else:
        assert in_use(claims(host, "component", name)) == [base]
        assert in_use(claims(host, "decorator", name)) == marks


def claims(host, kind, name):
    text = name if kind in REGISTRIES else repr(name)
    return [claim for claim in claims_of(host) if (claim.kind, claim.name) == (kind, text)]


def in_use(found):
    return [claim.plugin for claim in found if claim.is_in_use]


def check_readers(host):
    """`claims_of`, which `list`, `info`, `why` and `inspect` print, says what `Host.explain` and the registries say."""
    found = claims_of(host)
    for registry in REGISTRIES:
        for name in NAMES:
            ours = [claim for claim in found if (claim.kind, claim.name) == (registry, name)]
            explained = host.explain(registry, name).claims
            assert sorted((claim.owner, claim.status) for claim in ours) == sorted(map(owner_and_status, explained))
            if used := in_use(ours):
                assert used == [host.registry(registry).owner(name).name]
    for name in NAMES:
        explanation = host.explain(name)
        for kind, parts in (("component", explanation.providers), ("decorator", explanation.decorators)):
            ours = [claim for claim in found if (claim.kind, claim.name) == (kind, repr(name))]
            assert sorted((claim.owner, status_of(claim)) for claim in ours) == sorted(map(owner_and_status, parts))


def owner_and_status(part):
    return part.owner.removeprefix("built-in "), status_of(part)


def status_of(part):
    """Return the status; of a component in use without the reason, of which `Host.explain` says more."""
    is_component = isinstance(part, Part) or getattr(part, "kind", "") in ("component", "decorator")
    return part.status.partition(", ")[0] if is_component and part.status.startswith("in use") else part.status


def check_graph(host):
    """The graph says that a plugin does not get what it has not in use."""
    seen = survey(host)
    edges = {(edge.start, edge.end, edge.label) for edge in graph_of(seen).edges}
    for claim in seen.claims:
        owner = f"plugin:{claim.plugin}" if claim.plugin else "application"
        node = f"{'component' if claim.kind == 'decorator' else claim.kind}:{claim.name}"
        labels = {label for start, end, label in edges if (start, end) == (owner, node)}
        assert labels & ({BRINGS, OVERRIDES, WRAPS} if claim.is_in_use else {LOSES})
