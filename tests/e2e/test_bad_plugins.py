"""Whatever a plugin does wrong: everything else works, the exit status says so, and the culprit is named."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

REPORT = """
----------------------- Tuesday, Mar 03, 2026 (week 10) ------------------------

  Total: 2h30 (1h00 + 1h30)
Working: 2h30 (1h00 + 1h30)
  Break: 0h00

----------------------------------- Projects -----------------------------------

(1h30)     : -- Current Activity --
(1h00) acme: call

---------------------------------- Activities ----------------------------------

(1h30)     : -- Current Activity --
(1h00) acme: call


----------------------------------- Details ------------------------------------

(1h00) 09:00-10:00 acme: call
(1h30) 10:00-11:30 -- Current Activity --

"""
COMMAND = """
from utt.api import v1

class Bad:
    def __call__(self):
        print({says!r})

v1.register_command(v1.Command({name!r}, "A command", Bad, lambda parser: None))
"""

AT_IMPORT = {
    "has a syntax error": ("def (:\n", "SyntaxError"),
    "raises": ("raise RuntimeError('no luck')\n", "RuntimeError: no luck"),
    "exits": ("import sys\nsys.exit(3)\n", "it called sys.exit(3)"),
    "recurses": ("def again(): again()\nagain()\n", "RecursionError"),
    "raises its own": ("class Own(BaseException): pass\nraise Own('no luck')\n", "Own: no luck"),
    "lacks a dependency": ("import a_module_nobody_has\n", "No module named 'a_module_nobody_has'"),
    "registers half": (
        COMMAND.format(name="bad", says="never") + "v1.register_component(v1.Now, lambda: 1 / 0)\nraise ValueError\n",
        "ValueError",
    ),
    "cannot be decoded": (b"name = '\xff\xfe'\n", "SyntaxError"),
    "holds a null byte": (b"name = 1\x00\n", "SyntaxError"),
}


def assert_all_else_works(installed, *, says=(), never=("Traceback",)):
    """Report, a good plugin's command, and help: as without the bad plugin, and with one line that names it."""
    for words in (["report"], ["greet"], ["--help"]):
        done = installed.utt(*words)
        assert done.code == 0, done.err
        for text in says:
            assert done.err.count(text) == 1, done.err
        for text in never:
            assert text not in done.err
        if words == ["report"]:
            assert done.out == REPORT
        elif words == ["greet"]:
            assert done.out == "It is 11:30.\n"
    assert "\n      greet             Say what time it is\n" in done.out
    assert "\n    report " in done.out
    return done


@pytest.mark.parametrize(("source", "cause"), AT_IMPORT.values(), ids=AT_IMPORT)
def test_a_plugin_that_fails_while_it_is_imported_is_left_out_and_named(install, start, source, cause):
    installed = start(install({"acme-bad": {"bad.py": source}}))

    done = assert_all_else_works(
        installed, says=["warning[plugin-import-failed]: plugin 'bad' of acme-bad 1.2.0 could not be imported", cause]
    )

    assert done.err.count("\n") == 1
    assert "UTT_NO_PLUGINS=bad" in done.err
    assert "\n    bad " not in done.out  # what it had registered before it failed


def test_a_plugin_that_breaks_is_an_error_for_who_is_strict(install, start, user):
    installed = start(install({"acme-bad": {"bad.py": "raise RuntimeError('no luck')\n"}}))
    user.environ["UTT_PLUGINS_STRICT"] = "1"

    done = installed.utt("greet")

    assert (done.code, done.out) == (1, "")
    assert "plugin 'bad' of acme-bad 1.2.0 could not be imported" in done.err
    assert "Traceback" not in done.err


def test_two_plugins_that_claim_one_command_are_both_named_and_the_first_serves(install, start):
    installed = start(
        install({
            "acme-one": {"one.py": COMMAND.format(name="twin", says="one")},
            "acme-two": {"two.py": COMMAND.format(name="twin", says="two")},
        })
    )  # fmt: skip

    done = assert_all_else_works(
        installed, says=["warning[name-clash]: plugin 'two' of acme-two 1.2.0 registers 'twin' in 'commands'"]
    )

    assert "plugin 'one' of acme-one 1.2.0" in done.err
    assert installed.utt("twin").out == "one\n"
    assert installed.utt("--no-plugins=one", "twin").out == "two\n"


def test_a_plugin_that_claims_a_command_of_utt_does_not_get_it(install, start):
    installed = start(install({"acme-bad": {"bad.py": COMMAND.format(name="report", says="never")}}))

    assert_all_else_works(
        installed, says=["warning[name-clash]: plugin 'bad' of acme-bad 1.2.0 registers 'report' in 'commands'"]
    )


def test_a_component_whose_constructor_fails_is_passed_over(install, start):
    source = """
from utt.api import v1

class View(v1.ReportView):
    def __init__(self, report: v1.ReportModel):
        report.no_such_attribute

    def render(self, output):
        raise NotImplementedError

v1.register_component(v1.ReportView, View)
"""
    installed = start(install({"acme-bad": {"bad.py": source}}))

    done = installed.utt("report")

    assert (done.code, done.out) == (0, REPORT)
    assert done.err.count("plugin 'bad' of acme-bad 1.2.0") == 1
    assert "no_such_attribute" in done.err
    assert "Traceback" not in done.err
    greet = installed.utt("greet")
    assert (greet.out, greet.err) == ("It is 11:30.\n", "")


def test_a_clock_that_fails_is_passed_over(install, start):
    source = (
        "from utt.api import v1\n\ndef clock() -> v1.Now:\n    return 1 / 0\n\nv1.register_component(v1.Now, clock)\n"
    )
    installed = start(install({"acme-bad": {"bad.py": source}}))

    done = installed.utt("greet")

    assert (done.code, done.out) == (0, "It is 11:30.\n")
    assert "plugin 'bad' of acme-bad 1.2.0" in done.err
    assert "ZeroDivisionError" in done.err


@pytest.mark.parametrize("name", ["0_odd", "acme-odd", "with space"])
def test_a_module_whose_name_is_no_identifier_is_a_plugin_like_any_other(install, start, name):
    installed = start(install({"acme-odd": {f"{name}.py": COMMAND.format(name="odd", says="odd")}}))

    odd, report = installed.utt("odd"), installed.utt("report")
    assert (odd.out, odd.err) == ("odd\n", "")
    assert (report.out, report.err) == (REPORT, "")


@pytest.mark.parametrize("kind", ["no permission", "dangling link", "link to itself"])
def test_a_plugin_file_that_cannot_be_read_is_named(install, start, tmp_path, ordinary_user, kind):
    installed = install({"acme-bad": {"bad.py": COMMAND.format(name="bad", says="never")}}, own=tmp_path / "venv")
    file = installed.plugins / "bad.py"
    if kind == "no permission":
        file.chmod(0)
    else:
        file.unlink()
        file.symlink_to(tmp_path / "nowhere" if kind == "dangling link" else file)
    installed.environment.age()
    start(installed, preexec_fn=ordinary_user)

    report = installed.utt("report", preexec_fn=ordinary_user)
    greet = installed.utt("greet", preexec_fn=ordinary_user)

    assert (report.code, report.out) == (0, REPORT)
    assert (greet.code, greet.out) == (0, "It is 11:30.\n")
    assert "plugin 'bad' of acme-bad 1.2.0" in greet.err
    assert greet.err.count("\n") == 1


def test_a_folder_in_place_of_a_plugin_file_is_no_plugin(install, start, tmp_path):
    installed = install({"acme-bad": {"bad.py": ""}}, own=tmp_path / "venv")
    (installed.plugins / "bad.py").unlink()
    (installed.plugins / "bad.py").mkdir()
    installed.environment.age()

    assert_all_else_works(start(installed))


def test_all_of_them_at_once_do_no_more_harm_than_each(install, start):
    bad = {f"acme-bad{n}": {f"bad{n}.py": source} for n, (source, _) in enumerate(AT_IMPORT.values())}
    installed = start(install(bad))

    done = assert_all_else_works(
        installed,
        says=[f"plugin 'bad{n}' of acme-bad{n} 1.2.0" for n in range(5)]
        + [f"and {len(bad) - 5} more: utt plugins doctor"],
    )

    assert done.err.count("\n") == 6
