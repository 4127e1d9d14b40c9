"""Every other way in which a plugin gets onto a machine, and what can go wrong on the way."""

from __future__ import annotations

import os
import sys
import sysconfig
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

PACKAGE = {"app/plugins/px/__init__.py": "WHO = 'px'\n"}
MODULE = {"app/plugins/px.py": "WHO = 'px'\n"}
STRAY = "STRAY = True\n"


def only(found, name="px"):
    assert found["imported_by_discovery"] == []
    assert sorted(found["candidates"]) == sorted({"0_add", name})
    return found["candidates"][name]


def summary(candidate):
    return candidate["imported"], candidate["source"], candidate["distribution"]


PX = ("px", "namespace", "acme-px 1.2.0")


# -- wheels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [PACKAGE, MODULE], ids=["package", "module"])
@pytest.mark.parametrize(
    "entry_points", ["", "px = app.plugins.px\npretty = app.plugins.px:main"], ids=["bare", "entry"]
)
def test_wheel_without_top_level_is_one_plugin(workshop, environment, files, entry_points):
    environment.install(workshop.wheel("acme-px", files, entry_points=entry_points))
    found = environment.probe()
    assert summary(only(found)) == PX
    assert found["problems"] == []


@pytest.mark.parametrize("name", ["1_px", "import", "my-px"])
@pytest.mark.parametrize("entry", [False, True])
def test_name_that_no_import_statement_could_hold(workshop, environment, name, entry):
    files = {f"app/plugins/{name}.py": "WHO = 'px'\n"}
    points = f"{name} = app.plugins.{name}" if entry else ""
    environment.install(workshop.wheel("acme-px", files, entry_points=points))
    assert summary(only(environment.probe(), name)) == PX


@pytest.mark.parametrize("suffix", EXTENSION_SUFFIXES)
def test_extension_module_for_this_python(workshop, environment, suffix):
    from importlib.util import find_spec

    library = Path(find_spec("_heapq").origin or "")
    if not library.is_file():  # linked into the interpreter: any shared object shows that it is found
        library = next(Path(sysconfig.get_path("platstdlib"), "lib-dynload").glob("*.so"))
    name = library.name.partition(".")[0]
    environment.install(workshop.wheel("acme-px", {f"app/plugins/{name}{suffix}": library.read_bytes()}))
    candidate = only(environment.probe(), name)
    assert candidate["problem"] is None
    assert candidate["file"] == candidate["origin"]
    assert candidate["origin"].endswith(suffix)


def test_extension_module_for_another_python_is_reported(workshop, environment):
    environment.install(workshop.wheel("acme-px", {"app/plugins/px.cpython-39-x86_64-linux-gnu.so": b"\x7fELF"}))
    candidate = only(environment.probe())
    assert candidate["distribution"] == "acme-px 1.2.0"
    assert "plugin 'px' of acme-px 1.2.0 is installed but cannot be imported" in candidate["problem"]
    assert "built for another Python (cpython-39-x86_64-linux-gnu.so)" in candidate["problem"]


def test_extension_module_for_another_python_beside_a_plain_one(workshop, environment):
    files = {**MODULE, "app/plugins/px.cpython-39-x86_64-linux-gnu.so": b"\x7fELF"}
    environment.install(workshop.wheel("acme-px", files))
    found = environment.probe()
    assert summary(only(found)) == PX
    assert found["problems"] == []


def test_module_without_source(workshop, environment, tmp_path):
    import py_compile

    source = tmp_path / "px.py"
    source.write_text("WHO = 'px'\n")
    compiled = Path(py_compile.compile(str(source), str(tmp_path / "px.pyc"))).read_bytes()
    environment.install(workshop.wheel("acme-px", {"app/plugins/px.pyc": compiled}))
    assert summary(only(environment.probe())) == PX


def test_package_without_init_counts_when_a_distribution_owns_it(workshop, environment):
    environment.install(workshop.wheel("acme-px", {"app/plugins/px/part.py": ""}))
    candidate = only(environment.probe())
    assert candidate["imported"] == [candidate["origin"]]
    assert candidate["distribution"] == "acme-px 1.2.0"


def test_leftover_directories_are_no_plugins(environment, put):
    put(
        environment.site,
        {"app/plugins/px/user.cfg": "", "app/plugins/py/__pycache__/a.pyc": "", "app/plugins/pz/b.py": ""},
    )
    assert list(environment.probe()["candidates"]) == ["0_add"]


def test_module_that_nobody_installed_is_a_plugin_of_nobody(environment, put):
    put(environment.site, MODULE)
    assert summary(only(environment.probe())) == ("px", "namespace", "")


# -- places -----------------------------------------------------------------------------------------------------------


def test_loose_directory_on_pythonpath(environment, put, tmp_path):
    put(tmp_path / "loose", PACKAGE)
    assert summary(only(environment.probe(pythonpath=[tmp_path / "loose"]))) == ("px", "namespace", "")


def test_relative_and_odd_entries_of_the_search_path_are_survived(environment, put, tmp_path):
    put(environment.folder / "loose", PACKAGE)
    found = environment.probe(append=["loose", "/absent", "", 7, None, str(environment.python)])
    assert summary(only(found)) == ("px", "namespace", "")


def test_installed_on_pythonpath(workshop, environment, tmp_path):
    workshop.install([workshop.wheel("acme-px", PACKAGE)], target=tmp_path / "there")
    assert summary(only(environment.probe(pythonpath=[tmp_path / "there"]))) == PX


def test_directory_named_by_a_pth_file(workshop, environment, tmp_path):
    workshop.install([workshop.wheel("acme-px", PACKAGE)], target=tmp_path / "there")
    (environment.site / "there.pth").write_text(f"{tmp_path / 'there'}\n")
    assert summary(only(environment.probe())) == PX


def test_directory_appended_after_the_application_was_imported(workshop, environment, tmp_path):
    workshop.install([workshop.wheel("acme-px", PACKAGE)], target=tmp_path / "there")
    found = environment.probe(append=[str(tmp_path / "there")], import_plugins=True)
    assert summary(only(found)) == PX
    assert str(tmp_path / "there" / "app" / "plugins") in found["directories"]


def test_user_site(workshop, host, tmp_path):
    environment = workshop.environment(tmp_path / "venv", workshop.hosts[host], system_site=True)
    base = tmp_path / "user"
    site = sysconfig.get_path("purelib", "posix_user", {"userbase": str(base)})
    workshop.install([workshop.wheel("acme-px", PACKAGE)], target=site)
    assert summary(only(environment.probe(environ={"PYTHONUSERBASE": str(base)}))) == PX


@pytest.fixture(scope="session")
def system_python(tmp_path_factory):
    """Return an interpreter with system site packages of its own: a copy, with links to the standard library."""
    prefix = tmp_path_factory.mktemp("system")
    base = Path(sysconfig.get_path("stdlib"))
    library = prefix / "lib" / base.name
    (library / "site-packages").mkdir(parents=True)
    for entry in base.iterdir():
        if entry.name != "site-packages":
            (library / entry.name).symlink_to(entry)
    (prefix / "bin").mkdir()
    python = prefix / "bin" / f"python3.{sys.version_info[1]}"
    python.write_bytes(Path(os.path.realpath(sys.executable)).read_bytes())
    python.chmod(0o755)
    return python, library / "site-packages"


@pytest.mark.parametrize("application_too", [False, True], ids=["plugin", "both"])
def test_system_site_packages(workshop, system_python, host, tmp_path, application_too):
    python, system_site = system_python
    environment = workshop.environment(tmp_path / "venv", python=python, system_site=True)
    for old in [*system_site.glob("app"), *system_site.glob("*.dist-info")]:
        old.rename(tmp_path / old.name)
    plugin, application = workshop.wheel("acme-px", PACKAGE), workshop.hosts[host]
    if application_too:  # at once: pip puts nothing into a folder that is in the target already
        workshop.install([plugin, application], target=system_site)
    else:
        workshop.install([plugin], target=system_site)
        environment.install(application)
    found = environment.probe()
    assert summary(only(found)) == PX
    assert found["candidates"]["px"]["origin"].startswith(str(system_site))


def test_environment_hides_the_older_version_of_the_system(workshop, system_python, host, tmp_path):
    python, system_site = system_python
    environment = workshop.environment(tmp_path / "venv", python=python, system_site=True)
    for old in [*system_site.glob("app"), *system_site.glob("*.dist-info")]:
        old.rename(tmp_path / old.name)
    older = workshop.wheel("acme-px", {"app/plugins/px.py": "WHO = 'older'\n"}, version="1.0.0")
    workshop.install([older, workshop.hosts[host]], target=system_site)
    environment.install(workshop.wheel("acme-px", MODULE))
    found = environment.probe()
    assert summary(only(found)) == PX
    assert found["problems"] == []


# -- archives ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("directories", [False, True], ids=["bare", "listed"])
@pytest.mark.parametrize("files", [PACKAGE, MODULE], ids=["package", "module"])
def test_archive_on_the_search_path(workshop, environment, directories, files):
    name = f"zip-{directories}-{len(next(iter(files)))}"
    wheel = workshop.wheel("acme-px", files, name=name, directories=directories)
    found = environment.probe(pythonpath=[wheel])
    assert summary(only(found)) == PX
    assert found["candidates"]["px"]["origin"].startswith(str(wheel))


def test_archive_inside_an_archive_as_pex_lays_it_out(workshop, environment, tmp_path):
    wheel = workshop.wheel("acme-px", PACKAGE)
    with zipfile.ZipFile(wheel) as inner, zipfile.ZipFile(tmp_path / "tool.pex", "w") as outer:
        for name in inner.namelist():
            outer.writestr(f".deps/acme_px/{name}", inner.read(name))
    assert summary(only(environment.probe(pythonpath=[tmp_path / "tool.pex" / ".deps" / "acme_px"]))) == PX


def test_extension_module_in_an_archive_is_reported(workshop, environment):
    wheel = workshop.wheel("acme-px", {f"app/plugins/px{EXTENSION_SUFFIXES[0]}": b""}, name="zip-so")
    assert "cannot be loaded out of an archive" in only(environment.probe(pythonpath=[wheel]))["problem"]


def zipapp(workshop, host, path, *, directories):
    application = workshop.wheel(
        "app-host", workshop.host_files(host), name=f"zipapp-{host}-{directories}", directories=directories
    )
    plugin = workshop.wheel("acme-px", PACKAGE, name=f"zip-{directories}", directories=directories)
    with zipfile.ZipFile(path, "w") as outer:
        for wheel in (application, plugin):
            with zipfile.ZipFile(wheel) as inner:
                for name in inner.namelist():
                    if name not in outer.namelist():
                        outer.writestr(name, inner.read(name))
        outer.write(Path(__file__).with_name("probe.py"), "__main__.py")
    return path


def test_zipapp_with_everything_inside(workshop, host, tmp_path):
    environment = workshop.environment(tmp_path / "venv")
    found = environment.probe(script=zipapp(workshop, host, tmp_path / "tool.pyz", directories=True))
    assert summary(only(found)) == PX
    assert found["candidates"]["0_add"]["source"] == "built-in"


@pytest.mark.parametrize("kind", ["regular", "regular-bare", "extend-path"])
def test_zipapp_that_does_not_list_its_directories(workshop, kind, tmp_path):
    """Not with a namespace package as application: Python before 3.14 cannot import that at all (bpo-59110)."""
    environment = workshop.environment(tmp_path / "venv")
    found = environment.probe(script=zipapp(workshop, kind, tmp_path / "tool.pyz", directories=False))
    assert summary(only(found)) == PX
    assert found["candidates"]["0_add"]["source"] == "built-in"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn"])
def test_damaged_archive_is_survived(environment, tmp_path, content):
    (tmp_path / "torn.zip").write_bytes(content)
    assert list(environment.probe(pythonpath=[tmp_path / "torn.zip"])["candidates"]) == ["0_add"]


# -- entry points -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["acme.csv.reader", "acme.csv.reader:Reader.read", "acme.csv.reader [extra]"])
def test_entry_point_to_a_module_elsewhere(workshop, environment, value):
    files = {"acme/csv/__init__.py": "", "acme/csv/reader.py": "WHO = 'csv'\n"}
    environment.install(workshop.wheel("acme-csv", files, entry_points=f"csv = {value}"))
    candidate = only(environment.probe(), "csv")
    assert summary(candidate) == ("csv", "entry point", "acme-csv 1.2.0")
    assert candidate["module"] == "acme.csv.reader"
    assert candidate["origin"] == candidate["file"]


def test_entry_point_to_nothing_is_reported_with_its_text(workshop, environment):
    environment.install(workshop.wheel("acme-csv", {"acme/x.py": ""}, entry_points="csv = acme.gone:main"))
    candidate = only(environment.probe(), "csv")
    assert (
        "entry point csv = acme.gone:main in group app.plugins of acme-csv 1.2.0 names 'acme.gone'"
        in candidate["problem"]
    )


def test_entry_point_below_a_package_that_extends_itself(workshop, environment):
    files = {"acme/__init__.py": "import os\n__path__.append(os.path.dirname(__file__) + '/deep')\n"}
    files["acme/deep/reader.py"] = "WHO = 'deep'\n"
    environment.install(workshop.wheel("acme-csv", files, entry_points="csv = acme.reader"))
    candidate = only(environment.probe(), "csv")
    assert summary(candidate) == ("deep", "entry point", "acme-csv 1.2.0")
    assert candidate["origin"] is None


def test_one_name_for_two_modules_keeps_the_one_of_the_namespace(workshop, environment):
    environment.install(
        workshop.wheel("acme-px", PACKAGE),
        workshop.wheel("acme-aa", {"acme/px.py": "WHO = 'other'\n"}, entry_points="px = acme.px"),
    )
    found = environment.probe()
    assert summary(only(found)) == PX
    (problem,) = found["problems"]
    assert "plugin 'px' of acme-px 1.2.0 hides another plugin of that name of acme-aa 1.2.0" in problem


def test_one_name_for_two_entry_points_keeps_the_first_distribution(workshop, environment):
    for letter in "ba":
        files = {f"acme/{letter}.py": f"WHO = '{letter}'\n"}
        environment.install(workshop.wheel(f"acme-{letter}", files, entry_points=f"csv = acme.{letter}"))
    found = environment.probe()
    assert summary(only(found, "csv")) == ("a", "entry point", "acme-a 1.2.0")
    assert len(found["problems"]) == 1


# -- two of one kind, and files in the wrong place --------------------------------------------------------------------


def test_two_distributions_with_one_module(workshop, environment):
    environment.install(workshop.wheel("acme-aa", {"app/plugins/px.py": "WHO = 'aa'\n"}))
    environment.install(workshop.wheel("acme-px", MODULE))
    found = environment.probe()
    assert summary(only(found)) == PX
    (problem,) = found["problems"]
    assert "plugin 'px' of acme-px 1.2.0 brings a file that acme-aa 1.2.0 brings, too" in problem


def test_module_and_package_of_one_name_side_by_side(workshop, environment):
    environment.install(workshop.wheel("acme-aa", MODULE), workshop.wheel("acme-px", PACKAGE))
    found = environment.probe()
    assert summary(only(found)) == PX
    (problem,) = found["problems"]
    assert "hides another plugin of that name of acme-aa 1.2.0" in problem


def test_plugin_cannot_take_the_place_of_a_built_in_one(workshop, environment, tmp_path):
    thief = workshop.wheel("acme-thief", {"app/plugins/0_add.py": "WHO = 'thief'\n", **MODULE})
    workshop.install([thief], target=tmp_path / "there")
    found = environment.probe(pythonpath=[tmp_path / "there"])
    assert summary(found["candidates"]["0_add"]) == ("host", "built-in", "app-host 1.2.0")
    assert found["candidates"]["px"]["imported"] == "px"
    (problem,) = found["problems"]
    assert "plugin '0_add' of app-host 1.2.0 hides another plugin of that name of acme-thief 1.2.0" in problem


def test_stray_plugins_init_in_the_same_directory(workshop, environment, host):
    environment.install(
        workshop.wheel("acme-bad", {"app/plugins/bad.py": "WHO = 'bad'\n", "app/plugins/__init__.py": STRAY})
    )
    environment.install(workshop.wheel("acme-px", PACKAGE))
    found = environment.probe()
    assert {name: item["imported"] for name, item in found["candidates"].items()} == {
        "0_add": "host",
        "bad": "bad",
        "px": "px",
    }
    assert not found["ran_stray"]
    (problem,) = found["problems"]
    assert problem.startswith("stray-package-file: acme-bad 1.2.0 brings an __init__ file for 'app.plugins'")


def test_plugins_init_deleted_by_an_uninstall(workshop, environment):
    for file in environment.site.glob("app/plugins/__init__.py"):
        file.unlink()
    environment.install(workshop.wheel("acme-px", PACKAGE))
    found = environment.probe()
    assert summary(only(found)) == PX


@pytest.mark.parametrize("place", ["first", "last"])
def test_stray_plugins_init_in_another_directory(workshop, environment, tmp_path, place):
    bad = workshop.wheel("acme-bad", {"app/plugins/bad.py": "WHO = 'bad'\n", "app/plugins/__init__.py": STRAY})
    workshop.install([bad], target=tmp_path / "bad")
    environment.install(workshop.wheel("acme-px", PACKAGE))
    (environment.site / "zz.pth").write_text(f"{tmp_path / 'bad'}\n")
    found = environment.probe(pythonpath=[tmp_path / "bad"] if place == "first" else [])
    assert {name: item["imported"] for name, item in found["candidates"].items()} == {
        "0_add": "host",
        "bad": "bad",
        "px": "px",
    }
    assert not found["ran_stray"]
    (problem,) = found["problems"]
    assert problem.startswith("stray-package-file: acme-bad 1.2.0 brings an __init__ file for 'app.plugins'")


def test_stray_app_init_in_the_same_directory(workshop, environment, tmp_path):
    workshop.install([workshop.wheel("acme-px", PACKAGE)], target=tmp_path / "there")
    environment.install(workshop.wheel("acme-bad", {"app/plugins/bad.py": "WHO = 'bad'\n", "app/__init__.py": STRAY}))
    found = environment.probe(pythonpath=[tmp_path / "there"])
    assert {name: item["imported"] for name, item in found["candidates"].items()} == {
        "0_add": "host",
        "bad": "bad",
        "px": "px",
    }
    (problem,) = found["problems"]
    assert problem.startswith("stray-package-file: acme-bad 1.2.0 brings an __init__ file for 'app'")


@pytest.mark.parametrize("place", ["first", "last"])
def test_stray_app_init_in_another_directory(workshop, environment, tmp_path, place):
    """Python imports the wrong `app`, so that the application does not start; whoever asks is told the culprit."""
    bad = workshop.wheel("acme-bad", {"app/plugins/bad.py": "WHO = 'bad'\n", "app/__init__.py": STRAY})
    workshop.install([bad], target=tmp_path / "bad")
    (environment.site / "zz.pth").write_text(f"{tmp_path / 'bad'}\n")
    found = environment.probe(pythonpath=[tmp_path / "bad"] if place == "first" else [])
    assert {name: item["imported"] for name, item in found["candidates"].items()} == {"0_add": "host", "bad": "bad"}
    assert summary(found["candidates"]["0_add"]) == ("host", "built-in", "app-host 1.2.0")
    (problem,) = found["problems"]
    assert problem.startswith("stray-package-file: acme-bad 1.2.0 brings an __init__ file for 'app'")


def test_every_distribution_brings_the_extending_init(workshop, tmp_path):
    """The custom before PEP 420: then that file is no stray."""
    inits = {name: workshop.host_files("extend-path")[name] for name in ("app/__init__.py", "app/plugins/__init__.py")}
    environment = workshop.environment(tmp_path / "venv", workshop.hosts["extend-path"])
    workshop.install([workshop.wheel("acme-px", {**inits, **PACKAGE}, name="extending")], target=tmp_path / "there")
    found = environment.probe(pythonpath=[tmp_path / "there"])
    assert summary(only(found)) == PX
    assert found["problems"] == []


def test_own_init_runs_once_and_keeps_what_it_defines(environment, host):
    found = environment.probe()
    assert found["own_plugins_init"] is (host in ("regular", "extend-path"))


def test_stale_metadata_of_a_build_is_reported(workshop, environment, put, tmp_path):
    environment.install(workshop.wheel("acme-px", PACKAGE))
    stale = "Metadata-Version: 2.1\nName: acme-px\nVersion: 0.9\n"
    put(tmp_path / "old", {"acme_px.egg-info/PKG-INFO": stale, "acme_px.egg-info/SOURCES.txt": ""})
    found = environment.probe(pythonpath=[tmp_path / "old"])
    assert summary(only(found)) == PX
    (problem,) = found["problems"]
    assert problem.startswith(
        "stale-metadata: acme-px 1.2.0 is installed, and there is metadata of acme-px 0.9 as well"
    )


def test_source_tree_with_the_metadata_of_its_build(workshop, environment, put, tmp_path):
    info = {"PKG-INFO": "Name: acme-px\nVersion: 1.2.0\n", "SOURCES.txt": "setup.py\nsrc/app/plugins/px/__init__.py\n"}
    put(tmp_path / "src", {**PACKAGE, **{f"acme_px.egg-info/{name}": text for name, text in info.items()}})
    assert summary(only(environment.probe(pythonpath=[tmp_path / "src"]))) == PX


# -- the application itself in other forms ----------------------------------------------------------------------------


def test_application_in_a_source_tree(workshop, host, put, tmp_path):
    environment = workshop.environment(tmp_path / "venv", workshop.wheel("acme-px", PACKAGE))
    put(tmp_path / "src", workshop.host_files(host))
    found = environment.probe(pythonpath=[tmp_path / "src"])
    assert summary(only(found)) == PX
    assert summary(found["candidates"]["0_add"]) == ("host", "built-in", "")


@pytest.mark.parametrize("layout", ["src", "flat", "mapped"])
def test_application_installed_editable(workshop, host, tmp_path, layout):
    folder = {"src": "src/app", "flat": "app", "mapped": "code"}[layout]
    files = {name.replace("app", folder, 1): text for name, text in workshop.host_files(host).items()}
    find = {
        "src": "[tool.setuptools.packages.find]\nwhere = ['src']\n",
        "flat": "[tool.setuptools.packages.find]\ninclude = ['app*']\n",
        "mapped": "[tool.setuptools]\npackages = ['app', 'app.api', 'app.plugins']\npackage-dir = {app = 'code'}\n",
    }[layout]
    files["pyproject.toml"] = f"[project]\nname = 'acme-host'\nversion = '1.2.0'\n{find}"
    key = f"host-{host}-{layout}"
    wheel = workshop.build(key, files, "setuptools.build_meta", "build_editable")
    environment = workshop.environment(tmp_path / "venv", workshop.wheel("acme-px", PACKAGE))
    workshop.install_editable(wheel, workshop.project(key, files), environment)
    found = environment.probe()
    assert summary(only(found)) == PX
    assert summary(found["candidates"]["0_add"]) == ("host", "built-in", "acme-host 1.2.0")


# -- the user's folder ------------------------------------------------------------------------------------------------


def test_folder_of_the_user(environment, put, tmp_path):
    put(tmp_path / "plugins", {"my-note.py": "WHO = 'note'\n", "pack/__init__.py": "WHO = 'pack'\n", "README.md": ""})
    put(
        tmp_path / "plugins",
        {".hidden.py": "", "data/a.py": "", "__pycache__/x.pyc": "", "0_add.py": "WHO = 'thief'\n"},
    )
    found = environment.probe(folder=str(tmp_path / "plugins"))
    assert {name: summary(item) for name, item in found["candidates"].items()} == {
        "0_add": ("host", "built-in", "app-host 1.2.0"),
        "my-note": ("note", "folder", ""),
        "pack": ("pack", "folder", ""),
    }
    assert found["candidates"]["my-note"]["module"] == "app.plugins.my-note"
    assert len(found["problems"]) == 1
    assert str(tmp_path / "plugins") in found["directories"]


def test_installed_copy_beside_the_source_tree_is_neither_stray_nor_rival(workshop, environment, host, put, tmp_path):
    environment.install(workshop.wheel("acme-px", PACKAGE))
    put(tmp_path / "src", {**workshop.host_files(host), "app/plugins/0_add.py": "WHO = 'source'\n"})
    put(environment.site, {"app/plugins/hand.py": "WHO = 'hand'\n"})
    found = environment.probe(pythonpath=[tmp_path / "src"])
    assert {name: summary(item) for name, item in found["candidates"].items()} == {
        "0_add": ("source", "built-in", ""),
        "hand": ("hand", "namespace", ""),
        "px": PX,
    }
    assert found["problems"] == []


def test_script_is_not_run_again_to_be_the_application(workshop, environment, tmp_path):
    """`python notes.py`, whose host is called `notes`: its plugins see the objects of the script itself."""
    environment.install(workshop.wheel("acme-px", {"notes/plugins/px.py": "import notes\nWHO = notes.COUNT\n"}))
    script = tmp_path / "notes.py"
    script.write_text(
        "import json, sys\n"
        "from pegboard.importer import extend_namespace\n"
        "from pegboard.startup.discovery import discover\n"
        "COUNT = sys.counted = getattr(sys, 'counted', 0) + 1\n"
        "found = discover('notes')\n"
        "extend_namespace('notes', found.portions, found.init)\n"
        "import notes.plugins.px\n"
        "print(json.dumps([COUNT, notes.plugins.px.WHO, sys.modules['notes'] is sys.modules['__main__']]))\n"
    )
    assert environment.probe(script=script) == [1, 1, True]
