"""How what an isolated plugin registers gets into the application; its process is a fake."""

import sys
from types import ModuleType

import pytest

from pegboard import Host
from pegboard.errors import NotIsolableError, PluginProcessError
from pegboard.isolation.loader import StandInLoader
from pegboard.ledger import ISOLATED, Distribution, Plugin


class Serving:
    """Says that *rows* are registered, and answers with what it is asked."""

    def __init__(self, *rows):
        self.rows = rows
        self.is_closed = False

    def describe(self):
        return [*self.rows, {"kind": "", "text": "", "after": ["core"], "before": [], "depends_on": ["env:INK"]}]

    def call(self, kind, text, args, kwargs, *, method=""):
        return [kind, text, args, kwargs, method]

    def close(self):
        self.is_closed = True


def row(kind, text, **about):
    return {"kind": kind, "text": text, "metadata": {}, "override": False, "problem": "", "is_callable": True} | about


@pytest.fixture
def host(tmp_path):
    host = Host("acme_isolated", config_directory=tmp_path, cache_directory=tmp_path, environ={})
    host.registry("exporters", isolable=True)
    host.registry("commands")
    host.data_registry("themes")

    @host.hooks.collect(isolable=True)
    def colours(text: str) -> str: ...

    @host.hooks.notify
    def saved(text: str) -> None: ...

    yield host
    host.close()
    sys.modules.pop("acme_isolated.plugins.pdf", None)


def load(host, *rows):
    """Import a plugin that registers *rows*, and return it with its process."""
    plugin = Plugin("pdf", "acme_isolated.plugins.pdf", source=ISOLATED, distribution=Distribution("acme-pdf", "2.0"))
    serving = Serving(*rows)
    loader = StandInLoader(plugin, host.manager.importer, host, lambda: serving)
    module = sys.modules[plugin.module] = ModuleType(plugin.module)
    loader.exec_module(module)
    return plugin, serving, module


def test_contributions_are_the_plugins_with_metadata_and_order(host):
    rows = [
        row("exporters", "pdf", metadata={"summary": "as PDF"}, override=True),
        row("themes", "ink", metadata={"tint": "blue"}, is_callable=False),
        row("hook colours", "acme:colour", metadata={"parameters": "text"}),
    ]
    plugin, _, module = load(host, *rows)
    ledger = host.manager.ledger
    found = [(each.kind, each.text, dict(each.metadata), each.override) for each in ledger.contributions_of(plugin)]
    assert found == [
        ("exporters", "pdf", {"summary": "as PDF"}, True),
        ("themes", "ink", {"tint": "blue"}, False),
        ("hook colours", "acme:colour", {"parameters": "text"}, False),
    ]
    assert ledger.contributions_of(plugin)[0].live("a") == ["exporters", "pdf", ("a",), {}, ""]
    assert (plugin.after, plugin.inputs, plugin.state) == (("core",), ("env:INK",), "active")
    assert "runs in a process of its own" in module.__doc__
    with pytest.raises(AttributeError, match="its code runs elsewhere"):
        _ = module.export


@pytest.mark.parametrize(
    ("refused", "cause"),
    [
        (row("commands", "pdf"), "does not declare the registry 'commands' isolable"),
        (row("printers", "pdf"), "has no registry 'printers'"),
        (row("hook saved", "x", metadata={"parameters": ""}), "does not declare the hook 'saved' isolable"),
        (row("hook colours", "x", metadata={"role": "wrapper"}), "it is a wrapper"),
        (row("component", "acme:View"), "a component is called with objects of the application"),
        (row("middleware", "x"), "a middleware is called with objects"),
        (row("exporters", "pdf", problem="it is a class"), "it is a class"),
    ],
)
def test_what_cannot_be_used_from_here_is_refused_wholly(host, refused, cause):
    with pytest.raises(NotIsolableError, match=cause) as raised:
        load(host, row("exporters", "html"), refused)
    error = raised.value
    assert (error.plugin, error.distribution, error.contribution) == (
        "pdf",
        "acme-pdf 2.0",
        f"{refused['kind']} {refused['text']!r}",
    )
    assert host.manager.ledger.kinds() == ()


def test_a_process_that_cannot_be_started_registers_nothing_and_is_named(host):
    class Dead(Serving):
        def describe(self):
            raise PluginProcessError("pdf", "acme-pdf 2.0", "its environment is gone", "/env/bin/python")

    plugin = Plugin("pdf", "acme_isolated.plugins.pdf", source=ISOLATED, distribution=Distribution("acme-pdf", "2.0"))
    serving = Dead()
    loader = StandInLoader(plugin, host.manager.importer, host, lambda: serving)
    with pytest.raises(PluginProcessError):
        loader.exec_module(ModuleType(plugin.module))
    assert plugin.state == "broken"
    assert isinstance(plugin.error, PluginProcessError)  # as it is, and not as a failed import
    assert serving.is_closed
