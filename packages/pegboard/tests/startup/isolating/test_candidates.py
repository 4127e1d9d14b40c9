"""Which distribution does a line of the table mean, and what takes the place of what?"""

import json
import os
import sys

import pytest

from pegboard import Host
from pegboard.errors import ConfigurationError, IsolationFailedError
from pegboard.index import Settings
from pegboard.isolation import environments
from pegboard.isolation.policy import Isolation
from pegboard.ledger import Distribution
from pegboard.startup.discovery import Discovery
from pegboard.startup.discovery.candidate import BUILT_IN, Candidate
from pegboard.startup.isolating import candidates
from pegboard.startup.isolating.candidates import isolate, resolved
from pegboard.startup.isolating.lock import Inputs, distribution_of, inputs_of, is_current


def candidate(name, distribution, source="namespace"):
    owner = Distribution(distribution, "1.0") if distribution else None
    return Candidate(name, f"memo.plugins.{name}", origin=f"/site/{name}.py", source=source, distribution=owner)


BESIDE = (
    candidate("core", "memo", BUILT_IN),
    candidate("csv", "memo-csv"),
    candidate("pdf", "memo-pdf"),
    candidate("extra", "csv"),
)


@pytest.fixture
def settings(tmp_path):
    return Settings("memo", {"HOME": str(tmp_path)}, config_directory=str(tmp_path / "config"))


@pytest.mark.parametrize(
    ("isolation", "distribution"),
    [
        (Isolation("memo-pdf"), "memo-pdf"),
        (Isolation("Memo_Pdf"), "memo-pdf"),
        (Isolation("pdf"), "memo-pdf"),  # a plugin's name
        (Isolation("memo-new"), "memo-new"),  # nobody has it yet
        (Isolation("csv", requirement="csv>=1"), "csv"),
        (Isolation("pdf", requirement="./memo_pdf-1.0-py3-none-any.whl"), "pdf"),
        (Isolation("x", requirement="Memo.New[fast]>=2"), "memo-new"),
    ],
)
def test_a_key_is_a_distribution_or_a_plugin(settings, isolation, distribution):
    assert resolved(isolation, BESIDE, settings) == distribution


def test_a_name_that_is_both_is_refused_with_both_ways_out(settings):
    with pytest.raises(ConfigurationError, match="is a plugin of memo-csv and a distribution, too") as raised:
        resolved(Isolation("csv"), BESIDE, settings)
    assert "write memo-csv or" in raised.value.problem
    assert '{ requirement = "csv" }' in raised.value.problem
    with pytest.raises(ConfigurationError, match="built in"):
        resolved(Isolation("core"), BESIDE, settings)


def discovery():
    return Discovery(BESIDE, (), (), (), None, distribution=Distribution("memo", "1.0"))


def in_environment(monkeypatch, *names, distribution="memo-pdf"):
    plugins = [
        {
            "name": n,
            "module": f"memo.plugins.{n}",
            "origin": f"/env/{n}.py",
            "entry_points": [],
            "contributions": [],
            "problem": "",
        }
        for n in names
    ]
    made = environments.Environment("/env", "/env/plugins.json", (distribution, "2.0"), tuple(plugins))
    monkeypatch.setattr(candidates, "environment_of", lambda *_, **__: made)


def test_plugins_of_the_environment_replace_those_beside_the_application(settings, monkeypatch):
    in_environment(monkeypatch, "pdf", "print")
    result = isolate(settings, [Isolation("memo-pdf")], discovery())
    assert [(item.name, item.source, str(item.distribution)) for item in result.candidates] == [
        ("core", "built-in", "memo 1.0"),
        ("csv", "namespace", "memo-csv 1.0"),
        ("extra", "namespace", "csv 1.0"),
        ("pdf", "isolated", "memo-pdf 2.0"),
        ("print", "isolated", "memo-pdf 2.0"),
    ]
    assert result.files == ["/env/plugins.json"]
    assert result.problems == []


def test_an_isolated_plugin_hides_one_of_its_name_but_no_built_in_one(settings, monkeypatch):
    in_environment(monkeypatch, "core", "csv", distribution="memo-new")
    result = isolate(settings, [Isolation("memo-new")], discovery())
    assert {item.name: str(item.distribution) for item in result.candidates}["core"] == "memo 1.0"
    assert {item.name: str(item.distribution) for item in result.candidates}["csv"] == "memo-new 2.0"
    assert [(problem.plugin, problem.distribution, problem.other) for problem in result.problems] == [
        ("core", "memo 1.0", "memo-new 2.0"),
        ("csv", "memo-new 2.0", "memo-csv 1.0"),
    ]


def test_what_has_no_environment_does_not_run_beside_the_application(settings, monkeypatch):
    def fail(*_, files, **__):
        files.append("/config/pylock.memo-pdf.toml")
        raise IsolationFailedError("memo-pdf", "the disk is full", "/env", "`memo plugins isolate memo-pdf` makes it")

    monkeypatch.setattr(candidates, "environment_of", fail)
    result = isolate(settings, [Isolation("memo-pdf"), Isolation("memo-new")], discovery())
    (pdf,) = [item for item in result.candidates if item.name == "pdf"]
    assert "the disk is full" in pdf.problem.summary()
    assert pdf.problem.hint() == "`memo plugins isolate memo-pdf` makes it"
    assert [type(problem) for problem in result.problems] == [IsolationFailedError]
    assert result.files == ["/config/pylock.memo-pdf.toml"] * 2


def test_a_distribution_that_is_named_twice_is_isolated_once(settings, monkeypatch):
    in_environment(monkeypatch, "pdf")
    result = isolate(settings, [Isolation("memo-pdf"), Isolation("pdf")], discovery())
    assert [problem.problem for problem in result.problems] == ["'isolated.pdf': memo-pdf is in the table twice"]


# -- the lock ---------------------------------------------------------------------------------------------------------


def test_a_lock_holds_as_long_as_what_it_was_made_from_is_the_same(tmp_path):
    lock, inputs = tmp_path / "pylock.x.toml", Inputs("x", ("memo==1.0", "pegboard==0.1"), "3.11", {})
    assert not is_current(str(lock), inputs)
    lock.write_text(inputs.as_line() + "lock-version = '1.0'\n")
    assert is_current(str(lock), inputs)
    assert not is_current(str(lock), Inputs("x", ("memo==1.1", "pegboard==0.1"), "3.11", {}))
    lock.write_bytes(b"\xff\n")
    assert not is_current(str(lock), inputs)


def test_what_a_lock_is_made_from_has_the_installed_form_of_pegboard(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    inputs = inputs_of(Isolation("x", requirement="-e ."), "pegboard", str(tmp_path))
    assert inputs.plugin == f"-e {tmp_path}"
    assert inputs.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert str(tmp_path / "pyproject.toml") in inputs.sources
    with pytest.raises(IsolationFailedError, match="nothing-like-it is not installed as a distribution"):
        inputs_of(Isolation("x"), "nothing-like-it", str(tmp_path))


def test_the_environment_is_called_after_lock_and_python(tmp_path):
    environ = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    one = environments.environment_folder(b"a", "memo-pdf", "", environ)
    assert os.path.basename(one).startswith("memo-pdf-")
    assert one == environments.environment_folder(b"a", "memo-pdf", "", environ)
    others = [("b", ""), ("a", "3.12")]
    assert one not in [environments.environment_folder(a.encode(), "memo-pdf", python, environ) for a, python in others]
    with pytest.raises(IsolationFailedError, match="no home"):
        environments.environment_folder(b"a", "memo-pdf", "", {"HOME": "."})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plugins": [1]}', '{"plugins": 3, "distribution": 1}', "\x00"])
def test_a_damaged_note_of_an_environment_is_none(tmp_path, text):
    question = environments.Question("memo", "memo-pdf", "memo.plugins", ())
    path = environments._answer_path(str(tmp_path), question)
    with open(path, "w") as file:
        file.write(text)
    assert environments.existing(str(tmp_path), question) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    with open(path, "w") as file:
        json.dump({"distribution": ["a", "1"], "plugins": []}, file)
    assert environments.existing(str(tmp_path), question).distribution == ("a", "1")


def test_the_application_names_the_distribution_of_its_api():
    assert Host("memo_of_test", api_distribution="memo-api").settings.api_distribution == "memo-api"
    assert distribution_of(Isolation("Memo.X")) == "memo-x"
