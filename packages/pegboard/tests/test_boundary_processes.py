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


def test_what_the_host_runs_blames_the_plugin_that_raised_and_tells_whose_command_it_was(application):
    inner = application.plugin("b", "def fail(): return {}['x']\nregister('fail', fail)\n")
    application.plugin("a", "register('ask', lambda: api.things['fail']())\n")
    run = "host.run(things.owner('ask'), \"running 'ask'\", things['ask'])"
    answer = blamed(application, run)
    assert answer == ["b", "", "call", "KeyError: 'x'", line_of(inner, "def fail")]
    error = application.run(f"try:\n    {run}\nexcept Exception as error:\n    result['text'] = error.what()")
    assert error["text"] == "plugin 'b' failed while running 'ask', which is of plugin 'a'"


def test_a_component_that_cannot_be_built_names_file_and_line_and_the_chain(application):
    file = application.plugin("a", "class View:\n    def __init__(self): raise ValueError('odd')\nprovide(View)\n")
    application.write("app/views.py", "class Page: ...\n")
    step = (
        "host.start()\nfrom app.plugins.a import View\n"
        "try:\n    host.container.get(View)\n"
        "except Exception as error:\n    result['error'] = [error.phase, error.where()]"
    )
    phase, where = application.run(step)["error"]
    assert phase == "resolution"
    assert where.splitlines()[0] == line_of(file, "def __init__")


def test_a_clean_up_that_fails_names_the_plugin_with_file_and_line(application):
    file = application.plugin(
        "a",
        "class Store: ...\ndef store():\n    yield Store()\n    raise OSError('full')\nprovide(Store, store)\n",
    )
    step = (
        "host.start()\nfrom app.plugins.a import Store\nhost.container.get(Store)\n"
        "try:\n    host.container.close()\n"
        "except ExceptionGroup as group:\n"
        "    (error,) = group.exceptions\n    result['error'] = [error.plugin, error.phase, error.cause, error.where()]"
    )
    assert application.run(step)["error"] == ["a", "clean-up", "OSError: full", line_of(file, "raise OSError")]


def test_a_plugin_in_a_folder_and_one_in_a_thread_are_named(application):
    folder = application.home / ".config" / "app" / "plugins"
    folder.mkdir(parents=True)
    file = folder / "own.py"
    file.write_text("from app.api import register\ndef fail(): raise ValueError('odd')\nregister('fail', fail)\n")
    in_a_thread = (
        "import threading\n    caught = []\n"
        "    def work():\n        try:\n            things['fail']()\n"
        "        except ValueError as error:\n            caught.append(error)\n"
        "    thread = threading.Thread(target=work)\n    thread.start()\n    thread.join()\n    raise caught[0]"
    )
    for statement in ("things['fail']()", in_a_thread):
        assert blamed(application, statement) == ["own", "", "call", "ValueError: odd", line_of(file, "def fail")]


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
    assert (name, phase, where) == ("a", "registration", line_of(file, "register('', 1)"))
    assert "cannot be the name of a contribution" in cause


def test_nonsense_that_a_plugin_registers_later_names_it_too(application):
    file = application.plugin("a", "def late(): register('late', 1, since=object())\nregister('late-one', late)\n")
    answer = blamed(application, "things['late-one']()")
    assert answer[0] == "a"
    assert answer[4] == line_of(file, "def late")
