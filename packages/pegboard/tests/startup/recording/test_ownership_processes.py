"""Which code is a plugin's own: that of the whole package that its entry point is in, and nothing that others share."""

import pytest

from pegboard.ledger import Distribution, Plugin
from pegboard.startup.recording.ownership import Ownership


@pytest.fixture
def package(application):
    """Return what installs a distribution `acme` whose entry point is in a module of its package."""

    def install(plugin, helper="", name="acme", init=""):
        info = application.site / "acme-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "RECORD").write_text("acme/__init__.py,,\nacme/plugin.py,,\nacme/helper.py,,\n")
        (info / "entry_points.txt").write_text(f"[app.plugins]\n{name} = acme.plugin\n")
        (application.site / "acme").mkdir(exist_ok=True)
        for module, text in {"__init__": init, "plugin": plugin, "helper": helper}.items():
            (application.site / "acme" / f"{module}.py").write_text(text)
        application.settle()

    return install


SHOW = "result['states'] = {plugin.name: plugin.state for plugin in host.plugins}"
FLAG = "from app import api; result['flag'] = getattr(api, 'flag', None)"


@pytest.mark.parametrize("statement", ["from acme import helper", "import acme.helper", "from .helper import flag"])
def test_what_a_module_beside_that_of_the_entry_point_does_is_done_at_each_start(application, package, statement):
    package(
        f"from app.api import register\n{statement}\nregister('csv', 1)\n", "from app import api\nflag = api.flag = 1\n"
    )
    for _ in range(2):
        run = application.run("things.names()", SHOW, FLAG)
        assert (run["flag"], run["states"]) == (1, {"acme": "active"})


@pytest.mark.parametrize("name", ["acme", "zcme"])
def test_what_the_package_of_an_entry_point_does_is_done_at_each_start(application, package, name):
    application.plugin("mine")
    package("", init="from app import api\nfrom acme import helper\napi.flag = 1\n", name=name)
    for state in ("active", "primed"):
        run = application.run("things.names()", SHOW, FLAG)
        assert (run["flag"], run["states"]) == (1, {"mine": state, name: "active"})


def test_what_the_package_of_an_entry_point_registers_is_the_plugins(application, package):
    package(
        "from app.api import register\nregister('csv', 1)\n", init="from app.api import register\nregister('tsv', 2)\n"
    )
    for state in ("active", "primed"):
        run = application.run("result['names'] = things.names()", SHOW)
        assert (run["names"], run["states"]) == (["tsv", "csv"], {"acme": state})
    run = application.run("result['tsv'] = things['tsv']; result['owner'] = things.owner('tsv').name")
    assert (run["tsv"], run["owner"]) == (2, "acme")


def test_a_package_that_imports_its_plugin_itself_is_imported_once(application, package):
    package(
        "from app import api\napi.count = getattr(api, 'count', 0) + 1\napi.register('csv', 1)\n",
        init="from acme import plugin\n",
    )
    run = application.run("result['names'] = things.names()", "from app import api; result['count'] = api.count")
    assert (run["names"], run["count"]) == (["csv"], 1)


def test_a_package_that_cannot_be_imported_is_told_of_its_plugin(application, package):
    application.plugin("mine")
    package(
        "from app.api import register\nregister('csv', 1)\n",
        init="from app.api import register\nregister('tsv', 2)\n1 / 0\n",
    )
    for _ in range(2):
        run = application.run("result['names'] = things.names()", SHOW)
        assert (run["names"], run["states"]["acme"]) == (["t-mine"], "broken")
        assert "plugin 'acme' of acme 1.0 could not be imported" in run.stderr
        assert "ZeroDivisionError" in run.stderr


def test_a_package_that_only_registers_waits(application, package):
    package("from app.api import register\nfrom acme import helper\nregister('csv', helper.NAME)\n", "NAME = 'csv'\n")
    for state in ("active", "primed"):
        assert application.run("things.names()", SHOW)["states"] == {"acme": state}


@pytest.mark.parametrize("name", ["acme", "zcme"])
def test_a_package_whose_plugin_fails_is_no_effect_of_another_plugin(application, package, name):
    application.plugin("mine")
    package("from acme import helper\nraise ImportError('no')\n", name=name)
    for state in ("active", "primed"):
        run = application.run("things.names()", SHOW)
        assert run["states"] == {"mine": state, name: "broken"}


@pytest.mark.parametrize(
    ("module", "other", "is_own"),
    [
        ("acme.plugin", "acme.plugin", True),
        ("acme.plugin", "acme.helper", True),
        ("acme.plugin", "acme", True),
        ("acme.plugin", "acmes", False),
        ("acme.plugin", "json", False),
        ("acme.plugin", "pegboard.host", False),
        ("acme.plugin", "app.core", False),
        ("app.plugins.csv", "app.core", False),
        ("app.plugins.csv", "acme.helper", True),
        ("apps.csv", "apps.tsv", False),
    ],
)
def test_the_application_and_the_namespace_of_plugins_are_nobodys_own(module, other, is_own):
    plugin = Plugin("csv", module)
    plugin.distribution = Distribution("acme", "1.0")
    ownership = Ownership({module: plugin}.get, ("app", "apps"))
    assert ownership.is_own(plugin, other) is is_own
