"""Whose fault an error is, where no call scope tells: real plugins, and the frames of real tracebacks."""

from __future__ import annotations

BLAME = """
try:
    {statement}
except Exception as error:
    blamed = host.blame(error, "being tried")
    result["blamed"] = blamed and [blamed.plugin, blamed.distribution, blamed.phase, blamed.cause, blamed.where()]
"""


def blamed(application, statement):
    return application.run(BLAME.format(statement=statement))["blamed"]


def line_of(path, text):
    lines = path.read_text().splitlines()
    return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def test_a_call_blames_the_innermost_plugin_with_file_and_line(application):
    inner = application.plugin("b", "def fail(): return {}['x']\nregister('fail', fail)\n")
    application.plugin("a", "register('ask', lambda: api.things['fail']())\n")
    answer = blamed(application, "things['ask']()")
    assert answer == ["b", "", "call", "KeyError: 'x'", line_of(inner, "def fail")]


def test_a_plugin_of_a_distribution_is_named_with_version(application):
    file = application.plugin("csv", "def fail(): raise ValueError('odd')\nregister('fail', fail)\n")
    metadata = application.site / "acme_csv-1.2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-csv\nVersion: 1.2.0\n")
    (metadata / "RECORD").write_text("app/plugins/csv.py,,\nacme_csv-1.2.0.dist-info/METADATA,,\n")
    answer = blamed(application, "things['fail']()")
    assert answer == ["csv", "acme-csv 1.2.0", "call", "ValueError: odd", line_of(file, "def fail")]


def test_an_error_passed_on_blames_where_it_came_from(application):
    file = application.plugin("a", "def fail(): raise ValueError('odd')\nregister('fail', fail)\n")
    application.write(
        "helper.py",
        "def passed_on(function):\n"
        "    try:\n        function()\n"
        "    except ValueError as error:\n        raise RuntimeError('it failed') from error\n",
    )
    answer = blamed(application, "import helper; helper.passed_on(things['fail'])")
    assert answer[0] == "a"
    assert answer[4] == line_of(file, "def fail")


def test_the_applications_own_error_is_nobodys_fault(application):
    application.plugin("a")
    assert blamed(application, "host.start(); 1 / 0") is None


def test_nonsense_that_a_plugin_registers_names_it_with_file_and_line(application):
    file = application.plugin("a", "register('', 1)\n", registers=None)
    step = "result['errors'] = [[p.plugin, p.phase, p.where(), p.cause] for p in host.problems]"
    ((name, phase, where, cause),) = application.run("host.start()", step)["errors"]
    assert (name, phase, where) == ("a", "import", line_of(file, "register('', 1)"))
    assert "cannot be the name of a contribution" in cause


def test_nonsense_that_a_plugin_registers_later_names_it_too(application):
    file = application.plugin("a", "def late(): register('late', 1, since=object())\nregister('late-one', late)\n")
    answer = blamed(application, "things['late-one']()")
    assert answer[0] == "a"
    assert answer[4] == line_of(file, "def late")
