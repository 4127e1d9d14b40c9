"""Plugins on the workers of Ray: one instance, driven once, that all tests here look at."""

from __future__ import annotations

import shutil
import tempfile

import pytest
from support.engines import EngineApplication

PROGRAM = '''
import json, os, sys
import ray
from app import api
from pegboard.errors import PluginCallError
from pegboard.adapters.ray import remote, start_host

result = {}

def said(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except ray.exceptions.RayTaskError as error:
        return f"{type(error.cause).__name__}: {error.cause}"  # the message of its own is a traceback
    except Exception as error:
        return type(error).__name__

def state():
    from app import api
    return api.host.manager.state

def work():
    picky = remote(api.things.reference("picky"))
    result["state"] = ray.get(ray.remote(state).remote())
    calls = [picky.remote(word) for word in ("one", "two", "three", "four")]
    result["picky"] = [said(ray.get, call) for call in calls]
    try:
        ray.get(calls[2])
    except PluginCallError as error:
        result["named"] = [error.plugin, error.distribution]
    result["options"] = said(ray.get, remote(api.things.reference("picky"), num_cpus=0).remote("five"))

    pipe = os.path.join(os.environ["HOME"], "pipe")
    os.mkfifo(pipe)
    waiting, next_one = remote(api.things.reference("patient")).remote(pipe), picky.remote("never")
    with open(pipe, "w") as writer:  # once the worker has opened it
        ray.cancel(next_one)
        result["cancelled"] = said(ray.get, next_one)
        writer.write("done")
    result["waiting"] = said(ray.get, waiting)
    result["after cancelling"] = said(ray.get, picky.remote("six"))

def meet_another():
    """Workers of another environment."""
    other = {"env_vars": {"PYTHONPATH": os.environ["OTHER"]}}
    for name in ("picky", "patient"):
        result[f"other {name}"] = said(ray.get, remote(api.things.reference(name), runtime_env=other).remote("seven"))

def lose_one():
    """A plugin whose import kills the worker."""
    with open(os.path.join(os.environ["HOME"], "kill"), "w"):
        result["deadly"] = said(ray.get, remote(api.things.reference("deadly")).remote("Nine"))

if __name__ == "__main__":
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        _temp_dir=os.environ["RAY_FOLDER"],
        runtime_env={"worker_process_setup_hook": start_host(api.host)},
    )
    work()
    meet_another()
    lose_one()
    ray.shutdown()
'''


@pytest.fixture(scope="module")
def ray_run(tmp_path_factory, ray_packages):
    application = EngineApplication(tmp_path_factory.mktemp("ray"))
    folder = tempfile.mkdtemp(prefix="ray")  # the names of sockets in it have to be short
    paths = {
        "PYTHONPATH": f"{application.environ['PYTHONPATH']}:{ray_packages}",
        "OTHER": f"{application.path_of_others}:{ray_packages}",
    }
    settings = {"RAY_FOLDER": folder, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    yield application.drive(PROGRAM, **paths, **settings)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_worker_starts_its_host_before_the_first_task(ray_run):
    assert ray_run["state"] == "ready"


def test_what_a_plugin_cannot_do_is_an_error_that_names_it_and_the_other_results_are_there(ray_run):
    one, two, three, four = ray_run["picky"]
    assert (one, two, four) == ("ONE", "TWO", "FOUR")
    assert three.startswith(
        "PluginCallError: plugin 'picky' of acme-tools 1.0 failed while calling 'picky' of 'things'\n"
    )
    assert "\n  cause: ValueError: not three\n" in three
    assert ray_run["named"] == ["picky", "acme-tools 1.0"]


def test_remote_takes_the_options_of_ray(ray_run):
    assert ray_run["options"] == "FIVE"


def test_what_is_cancelled_ends_and_the_worker_goes_on(ray_run):
    assert (ray_run["cancelled"], ray_run["waiting"]) == ("TaskCancelledError", "done")
    assert ray_run["after cancelling"] == "SIX"


def test_workers_with_other_plugins_say_so_at_their_start_and_run_none_of_them(ray_run):
    newer, missing = "a newer version is here, 2.0, not 1.0", "it is missing here"
    for name, cause in (("picky", newer), ("patient", missing)):
        assert ray_run[f"other {name}"].startswith(
            f"PluginMismatchError: '{name}' of 'things' cannot be used in this process, since plugin '{name}' of "
            f"acme-tools 1.0 is not the same here\n  cause: {cause}\n"
        )
        assert "  hint: run `python -m pip install 'acme-tools==1.0'`" in ray_run[f"other {name}"]
        assert f"the plugins of 'app' cannot be used in this process, since plugin '{name}' of" in ray_run["stderr"]
    assert "failed to execute the setup hook" not in ray_run["stdout"].lower()


def test_a_plugin_that_kills_workers_is_named_in_the_end(ray_run):
    assert ray_run["deadly"].startswith("PluginMismatchError: 'deadly' of 'things' cannot be used in this process")
    assert "it took the process down 2 times" in ray_run["deadly"]
