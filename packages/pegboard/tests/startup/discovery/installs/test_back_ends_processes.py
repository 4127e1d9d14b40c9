"""Each back end's wheel and each kind of its editables: found and importable, whatever the application looks like."""

from __future__ import annotations

import sys

import pytest

PX = "src/app/plugins/px/__init__.py"
SOURCE = {PX: "WHO = 'px'\n"}
PROJECT = "[project]\nname = 'acme-px'\nversion = '1.2.0'\n"
SETUPTOOLS = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n" + PROJECT
SRC = "[tool.setuptools.packages.find]\nwhere = ['src']\nnamespaces = true\n"
FLAT = "[tool.setuptools.packages.find]\nwhere = ['.']\ninclude = ['app*']\nnamespaces = true\n"
MAPPED = "[tool.setuptools]\npackages = ['app.plugins.px']\npackage-dir = {'app.plugins.px' = 'lib'}\n"
HATCHLING = PROJECT + "[tool.hatch.build.targets.wheel]\npackages = ['src/app']\n"
POETRY = (
    "[tool.poetry]\nname = 'acme-px'\nversion = '1.2.0'\ndescription = ''\nauthors = []\n"
    "packages = [{include = 'app', from = 'src'}]\n"
)
FLIT = PROJECT + "description = 'px'\n[tool.flit.module]\nname = 'app.plugins.px'\n"
UV = PROJECT + "requires-python = '>=3.11'\n[tool.uv.build-backend]\nmodule-name = 'app.plugins.px'\n"
UV += "[build-system]\nrequires = ['uv_build>=0.9,<0.20']\nbuild-backend = 'uv_build'\n"
PDM = PROJECT + "[tool.pdm.build]\npackage-dir = 'src'\nincludes = ['src/app']\n"
PDM_EDITABLES = PDM + "editable-backend = 'editables'\n"

# name: (back end, pyproject.toml, source tree, settings of the build)
EDITABLES = {
    "setuptools-src": ("setuptools.build_meta", SETUPTOOLS + SRC, SOURCE, None),
    "setuptools-flat": (
        "setuptools.build_meta",
        SETUPTOOLS + FLAT,
        {"app/plugins/px/__init__.py": "WHO = 'px'\n"},
        None,
    ),
    "setuptools-mapped": ("setuptools.build_meta", SETUPTOOLS + MAPPED, {"lib/__init__.py": "WHO = 'px'\n"}, None),
    "setuptools-strict": ("setuptools.build_meta", SETUPTOOLS + SRC, SOURCE, {"editable_mode": "strict"}),
    "setuptools-compat": ("setuptools.build_meta", SETUPTOOLS + SRC, SOURCE, {"editable_mode": "compat"}),
    "hatchling": ("hatchling.build", HATCHLING, SOURCE, None),
    "hatchling-dirs": ("hatchling.build", HATCHLING + "[tool.hatch.build]\ndev-mode-dirs = ['src']\n", SOURCE, None),
    "poetry": ("poetry.core.masonry.api", POETRY, SOURCE, None),
    "flit": ("flit_core.buildapi", FLIT, SOURCE, None),
    "pdm-path": ("pdm.backend", PDM, SOURCE, None),
    "pdm-editables": ("pdm.backend", PDM_EDITABLES, {**SOURCE, "src/app/__init__.py": ""}, None),
    "uv": ("uv_build", UV, SOURCE, None),
}
WHEELS = {
    name: EDITABLES[name]
    for name in EDITABLES
    if name not in ("setuptools-strict", "setuptools-compat", "pdm-editables")
}


def check(found, distribution="acme-px 1.2.0"):
    assert list(found["candidates"]) == ["0_add", "px"]
    px, own = found["candidates"]["px"], found["candidates"]["0_add"]
    assert (px["imported"], px["distribution"], px["source"]) == ("px", distribution, "namespace")
    assert px["module"] == "app.plugins.px"
    assert px["origin"] == px["file"]
    assert (own["imported"], own["distribution"], own["source"]) == ("host", "app-host 1.2.0", "built-in")
    assert own["origin"] == own["file"]
    assert found["imported_by_discovery"] == []
    assert found["again"]


@pytest.mark.parametrize("form", WHEELS)
def test_wheel_of_each_back_end_is_found_and_importable(workshop, environment, form):
    backend, pyproject, files, _ = EDITABLES[form]
    files = {**files, "pyproject.toml": pyproject}
    environment.install(workshop.build(form, files, backend, "build_wheel"))
    found = environment.probe()
    check(found)
    assert found["problems"] == []


@pytest.mark.parametrize("form", EDITABLES)
def test_editable_of_each_back_end_is_found_and_importable(workshop, environment, form):
    backend, pyproject, files, settings = EDITABLES[form]
    files = {**files, "pyproject.toml": pyproject}
    wheel = workshop.build(form, files, backend, "build_editable", settings)
    workshop.install_editable(wheel, workshop.project(form, files), environment)
    if form == "pdm-editables":
        (environment.site / "editables.pth").write_text(f"{workshop.editables}\n")
    found = environment.probe()
    check(found)
    assert found["candidates"]["px"]["file"].startswith(str(workshop.project(form, files)))
    strays = [line for line in found["problems"] if line.startswith("stray-package-file: acme-px 1.2.0")]
    assert len(found["problems"]) == len(strays) == (form == "pdm-editables")


def test_one_python_for_the_tests_and_the_environments(environment):
    assert environment.site.parent.name == f"python{sys.version_info[0]}.{sys.version_info[1]}"
