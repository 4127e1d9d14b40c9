"""References in one process: what they say, that they are pickled, and what they mean when they come back."""

from __future__ import annotations

import asyncio
import copy
import pickle
from types import SimpleNamespace

import pytest

from pegboard.errors import (
    ContributionNotFoundError,
    HostError,
    PluginCallError,
    PluginMismatchError,
    UnusableReferenceError,
)
from pegboard.ledger import Distribution
from pegboard.references import reference as module
from pegboard.references import restore

HTML = """
api.register("html", lambda text: f"<p>{text}</p>")
class Spare:
    def render(self, text): return f"{self.__class__.__name__} {text}"
    def __call__(self, text): return self.render(text)
api.register("object", Spare())
def fails(text): raise ValueError(text)
api.register("fails", fails)
async def later(text):
    await __import__("asyncio").sleep(0)
    return 1 / text
api.register("later", later)
def several(text):
    yield text
    raise ValueError("after the first")
api.register("several", several)
api.provide(api.View, Spare)
"""


@pytest.fixture
def started(live_application):
    module._restored.clear()
    live_application.plugin("html", HTML)
    live_application.start()
    return live_application


def travelled(reference):
    """Return what arrives where *reference* is sent."""
    return pickle.loads(pickle.dumps(reference))


def sent_with(reference, **changes):
    """Return what arrives if the sender's plugin differs in *changes*, fields of its entry; `kind` is the registry."""
    state = reference._state | {"kind": changes.pop("kind", reference.kind)}
    (fields,) = state["entries"]
    names = ("name", "distribution", "version", "digest", "state", "why", "files")
    entry = tuple(changes.get(name, value) for name, value in zip(names, fields, strict=True))
    return module.restored(module.FORMAT, state | {"entries": (entry,)})


def test_a_reference_says_what_it_means(started):
    reference = started.things.reference("html")
    assert (reference.address, reference.application, reference.kind, reference.name) == (
        "app.api:host",
        "app",
        "things",
        "html",
    )
    assert (reference.plugin, reference.distribution, reference.version) == ("html", "", "")
    assert (len(reference.fingerprint), reference.policy, reference.__name__) == (32, "exact", "html")
    assert repr(reference) == "<reference to 'html' of 'things', of plugin 'html'>"
    assert len(pickle.dumps(reference)) < 1000
    assert b"<p>" not in pickle.dumps(reference)


def test_a_reference_is_called_as_the_contribution_is(started):
    reference = started.things.reference("html")
    assert [each("x") for each in (reference, travelled(reference), copy.deepcopy(reference))] == ["<p>x</p>"] * 3
    assert travelled(reference) is travelled(reference)  # resolved once
    assert travelled(reference) == reference
    assert len({reference, travelled(reference), reference.method("render")}) == 2
    assert started.things.reference("object").method("render")("x") == "Spare x"
    assert started.things.reference("object").resolve() is started.things["object"]


def test_what_it_raises_names_the_plugin(started):
    with pytest.raises(PluginCallError, match="calling 'fails' of 'things'") as caught:
        travelled(started.things.reference("fails"))("x")
    assert (caught.value.plugin, type(caught.value.__cause__)) == ("html", ValueError)
    with pytest.raises(PluginCallError, match="ZeroDivisionError"):
        asyncio.run(travelled(started.things.reference("later"))(0))
    assert asyncio.run(started.things.reference("later")(2)) == 0.5
    several = started.things.reference("several")("x")
    assert next(several) == "x"
    with pytest.raises(PluginCallError, match="after the first"):
        next(several)
    with pytest.raises(PluginCallError, match="has no attribute 'rendr'"):
        started.things.reference("object").method("rendr")("x")


def test_a_component_travels(started):
    reference = travelled(started.host.container.reference(started.api.View))
    assert reference.resolve() is started.host.container.get(started.api.View)
    assert (reference("x"), reference.method("render")("x"), reference.plugin) == ("Spare x", "Spare x", "html")
    assert "component app.api:View" in repr(reference)
    keys = [list[started.api.View], "spare"]
    for key in keys:
        started.host.container.provide_value(key, lambda text: [text])
        reference = travelled(started.host.container.reference(key))
        assert (reference("x"), reference.plugin) == (["x"], "")


def test_whoever_decorates_a_component_has_to_be_the_same(started):
    reference = started.host.container.reference(started.api.View)
    started.plugin("frame", "api.decorate(api.View, lambda view: view)")
    started.host.rescan()
    with pytest.raises(PluginMismatchError, match="plugin 'frame' provides it here"):
        reference.resolve()
    both = started.host.container.reference(started.api.View)
    assert [entry.name for entry in both.entries] == ["html", "frame"]
    assert travelled(both)("x") == "Spare x"
    started.host.disable("frame")
    with pytest.raises(PluginMismatchError, match="it is disabled here") as caught:
        both("x")
    assert caught.value.plugin == "frame"
    assert reference("x") == "Spare x"


def test_a_component_whose_provider_fails_is_not_another_plugins(started):
    started.plugin("zeta", "def make(): raise ValueError\napi.provide(api.View, make)")
    started.host.rescan()
    reference = started.host.container.reference(started.api.View)
    assert reference.plugin == "zeta"
    with pytest.raises(PluginMismatchError, match="plugin 'html' provides it here"):
        travelled(reference).resolve()


def test_a_class_that_is_not_here_is_an_error_when_it_is_called(started):
    state = dict(started.host.container.reference(started.api.View)._state)
    for name, cause in (("app.api:Vieww", "has no attribute 'Vieww'"), ("nosuch.api:View", "No module named 'nosuch'")):
        with pytest.raises(UnusableReferenceError, match=cause):
            module.restored(module.FORMAT, state | {"name": name})()


def test_what_has_no_reference_is_refused(started):
    with pytest.raises(ContributionNotFoundError):
        started.things.reference("htlm")
    with pytest.raises(HostError, match="did you mean 'exact'"):
        started.things.reference("html", policy="exat")
    with pytest.raises(UnusableReferenceError, match="cannot be called"):
        started.host.data_registry("themes").reference("dark")

    class Local:
        pass

    with pytest.raises(UnusableReferenceError, match="no other process can import"):
        started.host.container.reference(Local)


# -- what differs in the process in which it is called ----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["exact", "at-least", "warn"])
@pytest.mark.parametrize(
    ("changes", "kind", "accepting"),
    [
        ({"name": "htm"}, "missing", []),
        ({"distribution": "acme-html", "version": "1"}, "other distribution", ["warn"]),
        ({"digest": "0"}, "other files", ["warn"]),  # without a version, `at-least` compares the files
        ({"state": "edited"}, "edited", ["warn"]),
    ],
)
def test_another_plugin_than_the_senders_is_not_called(started, changes, kind, accepting, policy):
    reference = sent_with(started.things.reference("html", policy=policy), **changes)
    if policy in accepting:
        assert reference("x") == "<p>x</p>"
        assert [(problem.kind, problem.plugin) for problem in started.host.problems] == [(kind, "html")]
        reference("x")
        assert len(started.host.problems) == 1
    elif policy == "warn":  # there is one of another plugin, which is what was asked for
        assert reference("x") == "<p>x</p>"
        assert [problem.kind for problem in started.host.problems] == ["overridden"]
    else:
        with pytest.raises(PluginMismatchError) as caught:
            reference("x")
        assert caught.value.kind == kind
        assert pickle.loads(pickle.dumps(caught.value)).render() == caught.value.render()


@pytest.mark.parametrize("policy", ["exact", "at-least", "warn"])
@pytest.mark.parametrize(
    ("change", "kind", "hint"),
    [
        (lambda host: host.disable("html", "by Ada"), "disabled", "enable it where that has been decided"),
        (
            lambda host: host.plugin("html").fail(PluginCallError("html", "", "x", "y")),
            "broken",
            PluginCallError("", "", "", "").hint(),
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_told(started, change, kind, hint, policy):
    reference = travelled(started.things.reference("html", policy=policy))
    change(started.host)
    started.host.manager.ledger.invalidate()
    with pytest.raises(PluginMismatchError) as caught:
        reference("x")
    assert (caught.value.kind, caught.value.hint()) == (kind, hint)


@pytest.mark.parametrize(
    ("theirs", "kind", "accepting"),
    [
        ("0.9", "newer", ["at-least", "warn"]),
        ("1.0.0", None, ["exact", "at-least", "warn"]),
        ("1.1", "older", ["warn"]),
        ("odd", "other version", ["warn"]),
    ],
)
def test_versions_are_compared_as_the_policy_says(live_application, theirs, kind, accepting):
    module._restored.clear()
    text = "from app import api\napi.register('html', str.upper)"
    live_application.distribution("acme-html", {"app/plugins/html.py": text})
    live_application.start()
    for policy in ("exact", "at-least", "warn"):
        reference = sent_with(live_application.things.reference("html", policy=policy), version=theirs)
        if policy in accepting:
            assert reference("x") == "X"
        else:
            with pytest.raises(PluginMismatchError) as caught:
                reference("x")
            assert (caught.value.kind, caught.value.advice) == (
                kind,
                f"run `python -m pip install 'acme-html=={theirs}'`",
            )
    assert [problem.kind for problem in live_application.host.problems] == ([kind] if kind else [])


def test_a_process_that_runs_since_before_an_upgrade_is_to_be_started_anew(started, tree):
    tree.write("acme_html-2.0.dist-info/METADATA", "Name: acme-html\nVersion: 2.0\n")
    for changes in ({"name": "pdf"}, {}):
        installed = {"distribution": "acme-html", "version": "2.0", **changes}
        started.host.plugin("html").distribution = Distribution("acme-html", "1.0")
        reference = sent_with(started.things.reference("html"), **installed)
        with pytest.raises(PluginMismatchError, match="start this process anew: acme-html 2.0 is installed by now"):
            reference("x")


def test_the_hint_is_the_command_of_the_application(started):
    started.host.manager.settings = started.host.manager.settings.replace(commands="app plugins")
    installed = {"distribution": "acme-html", "version": "1.2"}
    for changes, command in (
        ({"name": "other", **installed}, "run `app plugins install 'acme-html==1.2'`"),
        ({"state": ""}, "run `app plugins enable html`"),
    ):
        if "state" in changes:
            started.host.disable("html")
        reference = sent_with(started.things.reference("html"), **changes) if "name" in changes else self_made(started)
        with pytest.raises(PluginMismatchError) as caught:
            reference("x")
        assert caught.value.hint() == command


def self_made(started):
    started.host.enable("html")
    reference = started.things.reference("html")
    started.host.disable("html")
    return reference


def test_a_name_that_another_plugin_has_here_is_not_called(started):
    reference = travelled(started.things.reference("html"))
    started.plugin("alpha", "api.register('html', str.upper)")
    started.host.rescan()
    started.host.manager.ledger.invalidate()
    with pytest.raises(PluginMismatchError, match="plugin 'alpha' provides it here") as caught:
        reference("x")
    assert "APP_NO_PLUGINS=alpha" in caught.value.advice


def test_a_name_that_its_plugin_does_not_register_here_is_told(started):
    reference = sent_with(started.things.reference("html"), kind="other")
    with pytest.raises(PluginMismatchError, match="it is here, and does not register that"):
        reference("x")


def test_a_registry_that_is_made_later_is_read_all_the_same(started):
    reference = started.things.reference("html")
    del started.host._registries["things"]
    assert reference("x") == "<p>x</p>"


def test_a_reference_of_another_application_or_of_a_newer_pegboard_is_refused_when_it_is_called(started):
    state = started.things.reference("html")._state
    with pytest.raises(
        UnusableReferenceError, match="of the application 'desk', and app.api:host is the host of 'app'"
    ):
        restore(1, state | {"application": "desk"})()
    newer = travelled(restore(2, {"pegboard": "9.1", "how": "differently"}))
    with pytest.raises(UnusableReferenceError, match="Pegboard 9.1 has made it, in format 2") as caught:
        newer()
    assert caught.value.advice == "run `python -m pip install 'pegboard==9.1'`"
    assert repr(newer)
    for version, state in ((2, None), ("x", {}), (None, [1])):
        with pytest.raises(UnusableReferenceError):
            restore(version, state)()


def test_a_plugin_that_is_edited_after_its_import_is_not_taken_for_the_new_one(started):
    old = started.things.reference("html")
    assert old("x") == "<p>x</p>"
    started.plugin("html", HTML.replace("<p>", "<b>"))
    assert old("x") == "<p>x</p>"
    assert started.things.reference("html") == old  # it is about what runs
    started.host.reload("html")
    new = started.things.reference("html")
    assert (new == old, new("x")) == (False, "<b>x</p>")
    with pytest.raises(PluginMismatchError, match="its files differ here"):
        old("x")


def test_a_plugin_that_was_edited_before_anybody_asked_is_told(started):
    started.host.start()
    assert started.things["html"]
    started.plugin("html", HTML.replace("<p>", "<b>"))
    reference = started.things.reference("html")
    assert reference("x") == "<p>x</p>"  # in this process it is the same
    elsewhere = sent_with(reference, digest="1 2.0")
    with pytest.raises(PluginMismatchError, match="its files have changed since this process imported it"):
        elsewhere("x")


def test_the_applications_own_contributions_travel(started):
    started.things.register("own", SimpleNamespace)
    reference = travelled(started.things.reference("own"))
    assert (reference(), reference.plugin) == (SimpleNamespace(), "")
    with pytest.raises(PluginMismatchError, match="install the same version of app in both"):
        sent_with(started.things.reference("own"), digest="0")()


def test_a_host_that_is_closed_is_not_asked_any_more(started):
    reference = started.things.reference("html")
    assert reference("x") == "<p>x</p>"
    started.host.close()
    started.start()
    assert reference("x") == "<p>x</p>"
    assert started.api.host.manager.importer.imports
