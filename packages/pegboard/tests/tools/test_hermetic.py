"""A test starts its application's host afresh, sees only its own plugins, and leaves nothing behind."""

import sys

import pytest

from pegboard.errors import NameClashError, PluginImportError
from pegboard.host import Host
from pegboard.testing import hermetic

PLUGIN = "from app.api import register, Clock, provide\n"


@pytest.fixture
def host(tree, tmp_path):
    """Return the host of an application with built-in plugins, others' plugins, and a user's plugin."""
    tree.write("app/__init__.py")
    tree.write("app/plugins/own.py", PLUGIN + "register('own', 1)")
    tree.write(
        "app/api.py",
        "host = None\nclass Clock: ...\ndef register(*a, **k): return host.registry('things').register(*a, **k)\n"
        "def provide(*a, **k): return host.container.provide(*a, **k)\n",
    )
    elsewhere = tmp_path / "elsewhere"
    sys.path.append(str(elsewhere))
    for path, text in {
        "app/plugins/stranger.py": PLUGIN + "register('stranger', 1)",
        "acme_csv.py": PLUGIN + "register('csv', 1)\nclass Csv: ...\n",
        "acme_csv-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-csv\nVersion: 1\n",
        "acme_csv-1.dist-info/entry_points.txt": "[app.plugins]\ncsv = acme_csv\n",
    }.items():
        file = elsewhere / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    folder = tmp_path / "config" / "plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(PLUGIN + "register('mine', 1)")
    host = Host("app", environ={}, lazy=False, config_directory=tmp_path / "config", cache_directory=tmp_path / "cache")
    import app.api

    app.api.host = host
    host.registry("things").register("the application's", 1)
    yield host
    sys.modules.pop("acme_csv", None)


ALL = {"own", "stranger", "csv", "mine", "the application's"}
OWN = {"own", "the application's"}


def names(host):
    return set(host.registry("things").names())


@pytest.mark.parametrize("is_started", [False, True])
def test_only_the_applications_own_is_seen_and_then_all_is_back(host, is_started):
    things = host.registry("things")
    if is_started:
        assert names(host) == ALL
    loaded = {name: module for name, module in sys.modules.items() if name.startswith(("app", "acme"))}
    with hermetic(host) as inside:
        assert inside is host
        assert set(things.names()) == OWN
        assert [plugin.name for plugin in host.plugins] == ["own"]
    if is_started:
        assert loaded == {name: each for name, each in sys.modules.items() if name.startswith(("app", "acme"))}
    assert names(host) == ALL
    assert host.registry("things") is things


def test_plugins_of_one_test_are_source_text_or_modules(host, tree):
    tree.write("acme_new.py", PLUGIN + "register('new', 1)")
    import acme_new

    with hermetic(host, {"loud": PLUGIN + "register('loud', str.upper)", "new": acme_new}):
        assert names(host) == OWN | {"loud", "new"}
        assert host.registry("things").call("loud", "x") == "X"
        assert host.registry("things").owner("loud").name == "loud"
        assert host.registry("things").owner("new").name == "new"
    with hermetic(host):
        assert names(host) == OWN
    assert sys.modules["acme_new"] is acme_new


@pytest.mark.parametrize("name", ["stranger", "csv"])
def test_an_installed_plugin_is_seen_if_it_is_named(host, name):
    for _ in range(2):
        with hermetic(host, installed=[name]):
            assert names(host) == OWN | {name}


def test_a_plugin_under_test_can_be_imported_before(host):
    import acme_csv
    import app.plugins.stranger

    assert acme_csv.Csv.__name__ == "Csv"
    with hermetic(host, installed=["stranger", "csv"]):
        assert names(host) == OWN | {"stranger", "csv"}
    assert sys.modules["app.plugins.stranger"] is app.plugins.stranger
    assert sys.modules["acme_csv"] is acme_csv
    assert names(host) == ALL


def test_what_a_test_does_does_not_leak_into_the_next(host):
    import app.api

    things = host.registry("things")
    with hermetic(host):
        host.leave_out(["own"])
        things.register("of the test", 1)
        host.container.provide(app.api.Clock)
        host.registry("made in the test").register("x", 1)
        assert names(host) == {"the application's", "of the test"}
        clock = host.container.get(app.api.Clock)
    with hermetic(host):
        host.leave_out()
        assert names(host) == OWN
        host.container.provide(app.api.Clock)
        assert host.container.get(app.api.Clock) is not clock
    assert names(host) == ALL
    assert "made in the test" not in host.registries
    host.container.provide("x", 3)
    assert host.container.get("x") == 3


def test_a_component_of_the_application_is_built_anew_and_the_former_one_comes_back(host):
    import app.api

    host.container.provide(app.api.Clock)
    before = host.container.get(app.api.Clock)
    with hermetic(host, {"better": PLUGIN + "class Better(Clock): ...\nprovide(Clock, Better)"}):
        assert type(host.container.get(app.api.Clock)).__name__ == "Better"
    assert host.container.get(app.api.Clock) is before


def test_a_plugin_that_fails_is_told_in_the_block_alone(host):
    with hermetic(host, {"bad": "raise ValueError('no')"}, slow_after=None):
        host.start()
        assert [type(problem) for problem in host.problems] == [PluginImportError]
    assert host.problems == []
    with pytest.raises(PluginImportError), hermetic(host, {"bad": "raise ValueError('no')"}, strict=True):
        host.start()
    assert names(host) == ALL


def test_blocks_can_be_nested_and_are_left_by_an_error(host):
    with hermetic(host, {"outer": PLUGIN + "register('outer', 1)"}):
        assert names(host) == OWN | {"outer"}
        with pytest.raises(KeyError):  # noqa: PT012, SIM117 -- the block is the point
            with hermetic(host, {"inner": PLUGIN + "register('inner', 1)"}):
                assert names(host) == OWN | {"inner"}
                raise KeyError
        assert names(host) == OWN | {"outer"}
    assert names(host) == ALL


def test_the_environment_of_the_host_is_the_tests(host):
    with hermetic(host, environ={"APP_NO_PLUGINS": "own"}):
        assert names(host) == {"the application's"}


def test_a_host_may_look_elsewhere_for_plugins(tree, tmp_path):
    tree.write("shelves/__init__.py")
    tree.write("shelves/api.py", "host = None\n")
    tree.write("shelvesplug/own.py", "import shelves.api\nshelves.api.host.registry('things').register('own', 1)")
    host = Host(
        "shelves",
        namespace="shelvesplug",
        environ={},
        lazy=False,
        config_directory=tmp_path / "c",
        cache_directory=tmp_path / "d",
    )
    import shelves.api

    shelves.api.host = host
    text = "import shelves.api\nshelves.api.host.registry('things').register('mine', 1)"
    with hermetic(host, {"mine": text}):
        assert "mine" in names(host)
    assert names(host) == {"own"}


# -- one contribution -------------------------------------------------------------------------------------------------


def test_a_name_stands_for_something_else_in_a_block(host):
    things = host.registry("things", int)
    assert things["own"] == 1
    with things.override("own", "fake") as fake:
        assert (fake, things["own"], things.get("own")) == ("fake", "fake", "fake")
        with things.override("own", "inner"):
            assert things["own"] == "inner"
        assert things["own"] == "fake"
    assert things["own"] == 1
    assert not any(isinstance(problem, NameClashError) for problem in host.problems)


def test_a_name_that_nobody_has_can_be_overridden(host):
    things = host.registry("things")
    before = things.names()
    with things.override("new", len, summary="s"):
        assert things.names() == (*before, "new")
        assert things.describe("new") == {"summary": "s"}
        assert things.call("new", "abc") == 3
    assert things.names() == before
    assert "new" not in things


@pytest.mark.parametrize("allow_override", [False, True])
def test_an_override_wins_whatever_the_rule_and_keeps_the_metadata(host, allow_override):
    things = host.registry("more", allow_override=allow_override)
    things.register("x", 1, summary="s")
    things.register("y", 2)
    with things.override("x", 3):
        assert (things["x"], things.describe("x"), things.names()) == (3, {"summary": "s"}, ("x", "y"))
    assert things["x"] == 1
