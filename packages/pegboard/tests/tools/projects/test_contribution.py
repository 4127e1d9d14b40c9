"""What an application's API lets a plugin contribute is read from its registries and hooks."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from pegboard.tools.projects.contribution import contributions_of, module_for


class Note: ...


@pytest.fixture
def offered(live_application):
    """Return what is offered where the API has what a function puts there."""

    def offered(fill):
        api = ModuleType("app.api.v1")
        api.Note = Note
        fill(live_application.start(), api)
        return contributions_of(live_application.host, api)

    return offered


@pytest.mark.parametrize(
    ("of", "parameters", "returns", "fits"),
    [
        (Callable[[Note, int], list[Note]], [["note", "v1.Note"], ["argument_2", "int"]], "list[v1.Note]", True),
        (Callable[[], None], [], "None", True),
        (Callable[..., str], [], "None", False),
        (Callable[[Any], bytes], [["any", "object"]], "bytes", True),
        (None, [], "None", True),
        (Note, [], "None", False),
    ],
)
def test_the_type_of_a_registry_says_what_fits(offered, of, parameters, returns, fits):
    def fill(host, api):
        api.register_exporter = host.registry("exporters", of).register

    (found,) = offered(fill)
    assert (found["member"], found["registry"], found["fits"]) == ("register_exporter", "exporters", fits)
    if fits:
        assert (found["parameters"], found["returns"]) == (parameters, returns)


def test_without_a_type_the_applications_own_contribution_is_the_example(offered):
    def export(note: Note, times: int = 1) -> str: ...

    def fill(host, api):
        host.registry("exporters").register("plain", export, summary="Plain", rank=3)
        api.register_exporter = host.registry("exporters").register

    (found,) = offered(fill)
    assert found["parameters"] == [["note", "v1.Note"]]
    assert (found["returns"], found["metadata"]) == ("str", ["summary"])


def test_a_hook_says_what_implements_it(offered):
    def fill(host, api):
        @host.hooks.collect
        def suggest(note: Note) -> list[str]:
            """Suggest."""

        api.suggest = suggest.implement
        api.other = len

    (found,) = offered(fill)
    text = module_for("app.api.v1", "shout", "app", [found])
    assert text.endswith("@v1.suggest\ndef shout(note: v1.Note) -> list[str]:\n    return []\n")
