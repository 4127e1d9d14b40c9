"""A reload renews what is known of a plugin: its distribution and version, its file, and whether it is there at all."""

import asyncio
import threading

import pytest

from pegboard.errors import PluginCallError, PluginError, PluginGoneError

FAILS = "from app import api\ndef fail(): raise ValueError({version!r})\napi.register('t', fail)\n"


def publish(application, version, text=FAILS, *, name="acme-t"):
    """Install one version of a distribution, as an installer does: the records of others of it go."""
    for old in application.tree.root.glob("acme_*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    application.distribution(name, {"app/plugins/t.py": text.format(version=version)})
    info = application.tree.root / f"{name.replace('-', '_')}-1.0.dist-info"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    info.rename(info.with_name(f"{name.replace('-', '_')}-{version}.dist-info"))


def failure(application):
    plugin = application.things.owner("t")
    with pytest.raises(PluginCallError) as caught:
        application.host.run(plugin, "exporting", lambda: application.things["t"]())
    return caught.value.distribution, caught.value.cause


def test_the_new_version_is_named_after_a_reload(application):
    publish(application, "1.0")
    host = application.start()
    assert failure(application) == ("acme-t 1.0", "ValueError: 1.0")
    publish(application, "2.0")
    host.reload("t")
    assert failure(application) == ("acme-t 2.0", "ValueError: 2.0")


def test_another_distribution_that_brings_the_plugin_now_is_named(application):
    publish(application, "1.0")
    host = application.start()
    failure(application)
    publish(application, "3.0", name="acme-fork")
    host.reload("t")
    assert failure(application) == ("acme-fork 3.0", "ValueError: 3.0")


OLD_CODE = {
    "a callback": "api.on_unload(fail)\n",
    "a component": "def made():\n    yield 'made'\n    fail()\napi.provide('made', made)\n",
    "a component that ends with the application": (
        "async def made():\n    yield 'made'\n    fail()\napi.provide('made', made)\n"
    ),
    "a thread": (
        "import threading\ndef wait():\n    api.ended.wait()\nthreading.Thread(target=wait, daemon=True).start()\n"
    ),
}


@pytest.mark.parametrize("what", OLD_CODE)
def test_what_goes_wrong_when_old_code_ends_is_of_the_version_that_it_came_with(application, what):
    async def run():
        publish(application, "1.0", FAILS + OLD_CODE[what])
        host = application.start()
        ended = application.api.ended = threading.Event()
        failure(application)
        if "component" in what:
            await host.container.aget("made")
        publish(application, "2.0", FAILS)
        faults = host.reload("t", deadline_s=0.05).faults
        ended.set()
        await host.aclose()
        return (*faults, *application.reports)

    said = asyncio.run(run())
    assert {fault.distribution for fault in said} == {"acme-t 1.0"}


@pytest.mark.parametrize("is_found_first", [False, True])
def test_the_version_whose_code_runs_is_named_until_it_is_reloaded(application, is_found_first):
    publish(application, "1.0")
    host = application.start()
    failure(application)
    publish(application, "2.0")
    if is_found_first:
        host.rescan()
    assert failure(application)[0] == "acme-t 1.0"


def test_a_reload_that_fails_names_the_new_version_and_keeps_the_old_one(application):
    publish(application, "1.0")
    host = application.start()
    failure(application)
    publish(application, "2.0", "1/0\n")
    with pytest.raises(PluginError, match=r"of acme-t 2\.0 could not be imported"):
        host.reload("t")
    assert failure(application) == ("acme-t 1.0", "ValueError: 1.0")


def test_the_new_version_is_named_when_a_plugin_is_enabled_again(application):
    publish(application, "1.0")
    host = application.start()
    host.disable("t")
    publish(application, "2.0")
    host.enable("t")
    assert failure(application)[0] == "acme-t 2.0"


@pytest.mark.slow
def test_the_new_version_of_a_plugin_that_was_not_imported_is_named_after_a_search(application):
    publish(application, "1.0")
    application.start_elsewhere()
    host = application.start()
    assert "t" in application.things
    publish(application, "2.0")
    host.rescan()
    assert failure(application) == ("acme-t 2.0", "ValueError: 2.0")


@pytest.mark.parametrize("is_package", [False, True])
def test_a_reload_of_a_plugin_whose_file_is_gone_says_so(application, is_package):
    file = application.plugin("p/__init__" if is_package else "p", "api.register('p', str.upper)\n")
    host = application.start()
    assert application.things["p"]("x") == "X"
    text = file.read_text()
    file.unlink()
    if is_package:
        file.parent.rmdir()
    with pytest.raises(PluginGoneError, match="plugin 'p' is not there any more") as caught:
        host.reload("p")
    assert "installed" not in str(caught.value)
    assert application.things["p"]("x") == "X"  # a reload that fails changes nothing
    assert host.rescan().removed == ("p",)
    assert "p" not in application.things
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    assert host.rescan().added == ("p",)
    assert application.things["p"]("x") == "X"


@pytest.mark.slow
def test_a_primed_plugin_whose_file_is_gone_at_its_first_use_says_so(application):
    file = application.plugin("p", "api.register('p', str.upper)\n")
    application.start_elsewhere()
    application.start()
    assert "p" in application.things
    file.unlink()
    with pytest.raises(PluginGoneError):
        application.things["p"]


def test_a_plugin_that_is_gone_is_not_enabled(application):
    file = application.plugin("p", "api.register('p', str.upper)\n")
    host = application.start()
    host.disable("p")
    file.unlink()
    with pytest.raises(PluginGoneError):
        host.enable("p")


def test_a_plugin_that_looks_for_a_missing_file_is_not_gone(application):
    application.plugin("p", "open('/nowhere')\n")
    application.start().start()
    (problem,) = application.reports
    assert problem.code == "plugin-import-failed"
