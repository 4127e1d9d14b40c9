"""The reference is complete, and the examples in docstrings print what they say."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import pegboard
import pegboard.cli
import utt.api.v1
from pegboard.tools.checking.finding import CODES

ROOT = Path(__file__).parents[2]
MODULES_WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(source).with_suffix("").parts)
    for source in (ROOT / "packages/pegboard/src", ROOT / "packages/utt/src")
    for path in source.rglob("*.py")
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
)
AUTOMATIC = re.findall(
    r"^\.\. auto(\w+):: (\S+)\n((?:   :.*\n)*)",
    (ROOT / "docs/reference/api.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. auto\w+:: (\S+)$", text, re.MULTILINE))
    public = {f"pegboard.{name}" for name in pegboard.__all__ if not name.endswith("Error")}
    public |= {f"pegboard.cli.{name}" for name in pegboard.cli.__all__}
    assert public <= shown
    assert "pegboard.errors" in shown  # with all its members, each of them checked in the tests of that module


def test_every_name_that_plugins_for_utt_can_use_is_in_the_reference_with_its_meaning():
    text = (ROOT / "docs/reference/utt-api.md").read_text(encoding="utf-8")
    rows = [row.split("|", 2)[1:] for row in text.splitlines() if row.startswith("| `")]
    in_tables = {name for first, rest in rows if len(rest) > 10 for name in re.findall(r"`v1\.(\w+)", first)}
    shown = set(re.findall(r"^\.\. auto(?:class|function):: utt\.api\.v1\.(\w+)$", text, re.MULTILINE))
    assert in_tables | shown == set(utt.api.v1.__all__)
    assert [name for name in shown if not getattr(utt.api.v1, name).__doc__] == []


@pytest.mark.parametrize(("kind", "path", "options"), AUTOMATIC, ids=[path for _, path, _ in AUTOMATIC])
def test_every_name_that_the_reference_leaves_out_exists(kind, path, options):
    module, _, name = path.rpartition(".")
    documented = (
        [importlib.import_module(path)] if kind == "module" else [getattr(importlib.import_module(module), name)]
    )
    if kind == "module":
        documented += [value for value in vars(documented[0]).values() if isinstance(value, type)]
    left_out = re.findall(r"\w+", "".join(re.findall(r":exclude-members: (.*)", options)))
    assert [name for name in left_out if not any(hasattr(thing, name) for thing in documented)] == []


@pytest.mark.parametrize("name", MODULES_WITH_EXAMPLES)
def test_the_examples_in_docstrings_print_what_they_say(name):
    results = doctest.testmod(importlib.import_module(name), extraglobs={"Host": pegboard.Host})
    assert results.attempted
    assert not results.failed


def test_every_finding_of_pegboard_check_is_in_the_reference():
    text = (ROOT / "docs/reference/pegboard.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (error|warning|note) \| (.+) \|$", text, re.MULTILINE)
    assert {code: (severity, meaning) for code, severity, meaning in rows} == CODES


def test_every_word_of_the_design_is_in_the_glossary():
    text = (ROOT / "docs/reference/glossary.md").read_text(encoding="utf-8")
    terms = set(re.findall(r"^([\w ]+)\n: ", text, re.MULTILINE))
    states = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert states == set(pegboard.Plugin.STATES)
    assert {"host", "plugin", "source", "distribution", "contribution", "registry", "component", "hook"} <= terms
    assert {"activation", "record", "index", "API version"} <= terms


def test_every_variable_and_setting_is_in_the_configuration_page():
    from pegboard.startup.policy import policy

    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "packages/pegboard/src").rglob("*.py"))
    variables = set(re.findall(r"prefix\}(_[A-Z_]+)", source)) | {"_NO_PLUGINS", "_PLUGINS_STRICT", "_PLUGINS_LAZY"}
    assert [variable for variable in variables if f"`NOTES{variable}`" not in page] == []
    tables = {"plugins": "plugins.NAME.enabled", "isolated": "isolated.NAME"}
    assert [name for name in policy._EXPECTED if f"| `{tables.get(name, name)}` |" not in page] == []
