"""What is published: types, licence, and bounded requirements; nothing that should stay here."""

from __future__ import annotations

import email
import re
import zipfile

import pytest

pytestmark = pytest.mark.slow

PACKAGES = ["pegboard", "utt"]


@pytest.fixture
def contents(environments):
    """Return what reads the wheel of a package: path to content."""

    def read(package):
        with zipfile.ZipFile(environments.wheel(f"packages/{package}")) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}

    return read


def metadata(contents):
    ((_, text),) = ((name, data) for name, data in contents.items() if name.endswith(".dist-info/METADATA"))
    return email.message_from_string(text.decode())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_has_types_and_the_licence_and_only_the_package(contents, package):
    found = contents(package)
    licences = [data for name, data in found.items() if name.endswith("/licenses/LICENSE")]

    assert found[f"{package}/py.typed"] == b""
    assert len(licences) == 1
    assert licences[0].startswith(b"MIT License")
    tops = {name.split("/")[0] for name in found}
    assert tops == {package, f"{package}-{metadata(found)['Version']}.dist-info"}
    assert not [
        name
        for name in found
        if "test" in name
        and name not in {"pegboard/testing.py", "pegboard/tools/testing.py", "utt/testing.py"}
        and "/templates/" not in name  # tests of projects to be
        and "/plugin_template/" not in name
    ]
    assert metadata(found)["License-Expression"] == "MIT"


def test_pegboard_requires_nothing(contents):
    requirements = metadata(contents("pegboard")).get_all("Requires-Dist")

    names = ("cli", "click", "dask", "isolation", "pluggy", "ray", "starlette", "typer", "watch")
    extras = tuple(f"extra == '{name}'" for name in names)
    assert [requirement for requirement in requirements if not requirement.endswith(extras)] == []


def test_utt_requires_a_bounded_pegboard(contents):
    requirements = metadata(contents("utt")).get_all("Requires-Dist")
    (pegboard,) = (requirement for requirement in requirements if requirement.startswith("pegboard"))

    assert sorted(re.findall(r"(>=|<)\d", pegboard)) == ["<", ">="]
