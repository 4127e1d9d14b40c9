"""Who has a name or a key: everybody who is asked gives one answer, also after something has failed."""

import importlib
import os
import sys

import pytest

from pegboard.errors import PluginImportError, ProviderError
from pegboard.host import Host
from pegboard.tools.inspection.contributions import claims_of

API = """
from pegboard import Host
host = None
class Clock: ...
class Broken(Exception): ...
is_failing = False
def fail():
    if is_failing: raise Broken("no luck")
"""
HEAD = "from app import api\nregister, container = api.host.registry('things').register, api.host.container\n"


class Application:
    """`app` with built-in plugins in its own folder and others in `site`, started again and again in this process."""

    def __init__(self, root):
        self.root = root
        self.write("own/app/__init__.py", "")
        self.write("own/app/api.py", API)
        self.start_options = {"config_directory": root / "config", "cache_directory": root / "cache", "environ": {}}

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def plugin(self, name, text, *, built_in=False):
        self.write(f"{'own' if built_in else 'site'}/app/plugins/{name}.py", HEAD + text)

    def start(self, **options):
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        import app.api

        host = Host("app", report=lambda problem: None, **self.start_options | options)
        app.api.host = host
        host.registry("things")
        host.container.provide(app.api.Clock, lambda: "the application's")
        return host, app.api

    def age(self):
        """Make all files as old as they are on every day but the first, so that records of them hold."""
        for folder, _, files in os.walk(self.root, topdown=False):
            for path in (*(os.path.join(folder, name) for name in files), folder):
                os.utime(path, (1e9, 1e9))


@pytest.fixture
def application(tmp_path, interpreter, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("site", "own"):
        monkeypatch.syspath_prepend(tmp_path / name)
    return Application(tmp_path)


@pytest.fixture
def started(application):
    """Return what starts `app` with some plugins, all of them imported."""

    def start(**plugins):
        for name, text in plugins.items():
            application.plugin(name, text)
        host, api = application.start(lazy=False)
        host.start()
        return host, api

    return start


def statuses(host, kind):
    return {claim.plugin: claim.status for claim in claims_of(host) if claim.kind == kind}


def in_use(host, kind):
    return [claim.plugin for claim in claims_of(host) if claim.kind == kind and claim.is_in_use]


def test_after_a_provider_has_failed_the_commands_say_what_the_container_says(started):
    host, api = started(c="container.provide(api.Clock, lambda: 1 / 0)")
    assert in_use(host, "component") == ["c"]

    assert host.container.get(api.Clock) == "the application's"

    first, second = host.explain(api.Clock).providers
    assert (first.owner, second.owner) == ("the application", "plugin 'c'")
    assert first.status == "in use, since what comes after it failed"
    assert second.status == "failed: ZeroDivisionError: division by zero"
    assert statuses(host, "component") == {"": first.status, "c": second.status}


def test_a_decorator_that_has_failed_is_left_out_whoever_is_asked(started):
    host, api = started(
        d="container.decorate(api.Clock, lambda inner: 1 / 0)", e="container.decorate(api.Clock, lambda inner: inner)"
    )
    assert statuses(host, "decorator") == {"d": "in use, 1 of 2 from the inside", "e": "in use, 2 of 2 from the inside"}

    host.container.get(api.Clock)

    left_out, used = host.explain(api.Clock).decorators
    assert (left_out.status, used.status) == ("left out: ZeroDivisionError: division by zero", "in use")
    assert statuses(host, "decorator") == {"d": left_out.status, "e": used.status}


def test_a_name_that_only_a_broken_plugin_has_is_not_in_use(started):
    host, _ = started(a="register('x', 1)\nlater = lambda: register('x', 2)\n")
    host.plugin("a").fail(PluginImportError("a", "", "ValueError: no luck", None, ""))

    (claim,) = host.explain("things", "x").claims
    assert claim.status == "its plugin cannot be used"
    assert statuses(host, "things") == {"a": claim.status}
    assert in_use(host, "things") == []


def test_a_provider_that_fails_with_nothing_below_is_not_in_use(started):
    host, _ = started(c="container.provide('it', lambda: 1 / 0)")
    with pytest.raises(ProviderError):
        host.container.get("it")

    (provider,) = host.explain("it").providers
    assert provider.status == "failed: ZeroDivisionError: division by zero"
    assert statuses(host, "component")["c"] == provider.status


def test_a_provider_that_works_again_is_in_use_again(started):
    host, api = started(c="container.provide('it', lambda: api.fail() or 'its', scope='transient')")
    host.container.provide("it", lambda: "the application's", scope="transient")
    api.is_failing = True
    assert host.container.get("it") == "the application's"
    assert host.explain("it").providers[0].owner == "the application"

    api.is_failing = False
    assert host.container.get("it") == "its"
    assert host.explain("it").providers[0].owner == "plugin 'c'"


def test_a_reloaded_plugin_has_not_failed_yet(started, application):
    host, api = started(c="container.provide(api.Clock, lambda: 1 / 0)")
    host.container.get(api.Clock)
    application.plugin("c", "container.provide(api.Clock, lambda: 'mended')")

    host.reload("c")

    assert in_use(host, "component") == ["c"]
    assert host.container.get(api.Clock) == "mended"


@pytest.mark.parametrize("built_in", [False, True])
def test_what_a_plugin_had_that_fails_when_it_is_imported_later_goes_back(application, built_in):
    """Also what a built-in plugin had: a failed import is contained, whoever's it is."""
    text = "container.provide(api.Clock, lambda: 'its')\nregister('x', 'its', override=True)\napi.fail()"
    application.plugin("a", "register('x', 'a')")
    application.plugin("c", text, built_in=built_in)
    application.age()
    application.start()[0].start()
    host, api = application.start()
    assert in_use(host, "component") == in_use(host, "things") == ["c"]

    api.is_failing = True
    assert host.container.get(api.Clock) == "the application's"
    assert host.registry("things")["x"] == "a"

    assert statuses(host, "component") == {
        "": "in use, since what comes after it failed",
        "c": "its plugin cannot be used",
    }
    assert [part.status for part in host.explain(api.Clock).providers] == list(statuses(host, "component").values())
    assert in_use(host, "things") == ["a"]
    assert [claim.status for claim in host.explain("things", "x").claims][1] == "its plugin cannot be used"
