"""Plugins on the workers of a Dask cluster: one cluster, driven once, that all tests here look at."""

from __future__ import annotations

import re

import pytest
from support.engines import PLUGINS, EngineApplication

PROGRAM = '''
import asyncio, json, os, subprocess, sys
from types import SimpleNamespace
from distributed import Client, LocalCluster
from distributed.protocol.pickle import dumps, loads
from app import api
from pegboard.adapters.dask import start_host

result = {}

def said(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except BaseException as error:
        others = [*getattr(error, "exceptions", ()), *getattr(error, "__notes__", ())]
        return "\\n".join([f"{type(error).__name__}: {error}", *map(str, others)])

def state():
    from app import api
    return api.host.manager.state

def work(client):
    picky = api.things.reference("picky")
    result["registered"] = said(lambda: len(client.register_plugin(start_host(api.host))))
    result["state"] = [*client.run(state).values()]
    futures = client.map(picky, ["one", "two", "three", "four"])
    result["picky"] = [said(future.result) for future in futures]
    result["key"] = futures[0].key

    pipe = os.path.join(os.environ["HOME"], "pipe")
    os.mkfifo(pipe)
    waiting = client.submit(api.things.reference("patient"), pipe)
    writer = open(pipe, "w")  # once the worker has opened it
    waiting.cancel()
    result["cancelled"] = said(waiting.result)
    writer.close()
    result["after cancelling"] = said(client.submit(picky, "five").result)

def meet_another(client):
    """A worker of another environment, without a nanny, that comes late."""
    words = ["-m", "distributed.cli.dask_worker", client.scheduler.address, "--no-nanny", "--nthreads=1", "--name=other"]
    environ = os.environ | {"PYTHONPATH": os.environ["OTHER"]}
    with open("other.log", "w") as log:
        process = subprocess.Popen([sys.executable, *words, "--no-dashboard"], env=environ, stdout=log, stderr=log)
    client.wait_for_workers(2, timeout=60)
    there = {"workers": ["other"], "allow_other_workers": False}
    for name in ("picky", "patient"):
        result[f"other {name}"] = said(client.submit(api.things.reference(name), "six", **there).result)
    for policy in ("exact", "at-least", "warn"):
        result[f"register {policy}"] = said(lambda: len(client.register_plugin(start_host(api.host, policy=policy))))
    result["at-least"] = said(client.submit(api.things.reference("picky", policy="at-least"), "seven", **there).result)
    result["after the other"] = said(client.submit(api.things.reference("picky"), "eight", workers=[0]).result)
    process.terminate()
    process.wait()
    with open("other.log") as log:
        result["log"] = log.read()

def lose_one(client):
    """A plugin whose import kills the worker, whose nanny starts another one."""
    client.register_plugin(start_host(api.host))
    with open(os.path.join(os.environ["HOME"], "kill"), "w"):
        result["deadly"] = said(client.submit(api.things.reference("deadly"), "Nine").result, timeout=60)
    result["restarted"] = [*client.run(state).values()]
    result["after the death"] = said(client.submit(api.things.reference("picky"), "ten").result)

def lack_pegboard():
    sent = dumps(start_host(api.host))
    for name in [name for name in sys.modules if name.partition(".")[0] == "pegboard"]:
        sys.modules[name] = None
    result["no Pegboard"] = said(asyncio.run, loads(sent).setup(SimpleNamespace(address="tcp://a:1")))

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        work(client)
        meet_another(client)
        lose_one(client)
    lack_pegboard()
'''


@pytest.fixture(scope="module")
def dask_run(tmp_path_factory):
    application = EngineApplication(tmp_path_factory.mktemp("dask"))
    return application.drive(PROGRAM, OTHER=application.path_of_others)


def test_a_worker_starts_its_host_before_the_first_task(dask_run):
    assert (dask_run["registered"], dask_run["state"]) == (1, ["ready"])


def test_what_a_plugin_cannot_do_is_an_error_that_names_it_and_the_other_results_are_there(dask_run):
    one, two, three, four = dask_run["picky"]
    assert (one, two, four) == ("ONE", "TWO", "FOUR")
    assert three.startswith(
        "PluginCallError: plugin 'picky' of acme-tools 1.0 failed while calling 'picky' of 'things'\n"
    )
    assert "\n  cause: ValueError: not three\n" in three


def test_dask_names_tasks_after_the_contribution(dask_run):
    assert dask_run["key"].startswith("picky-")


def test_what_is_cancelled_ends_and_the_worker_goes_on(dask_run):
    assert dask_run["cancelled"].startswith("FutureCancelledError: patient-")
    assert dask_run["after cancelling"] == "FIVE"


class TestAWorkerThatComesLateWithOtherPlugins:
    def test_runs_none_of_them(self, dask_run):
        newer, missing = "a newer version is here, 2.0, not 1.0", "it is missing here"
        for name, cause in (("picky", newer), ("patient", missing)):
            assert dask_run[f"other {name}"].startswith(
                f"PluginMismatchError: '{name}' of 'things' cannot be used in this process, since plugin '{name}' of "
                f"acme-tools 1.0 is not the same here\n  cause: {cause}\n"
            )
            assert "  hint: run `python -m pip install 'acme-tools==1.0'`" in dask_run[f"other {name}"]

    def test_says_in_its_log_what_differs_and_joins(self, dask_run):
        before, _, after = dask_run["log"].partition("failed to setup")
        assert "Starting Worker plugin pegboard: plugins of app" in before
        joined = after.partition("Registered to:")[0]
        for name in PLUGINS:
            assert f"since plugin '{name}' of acme-tools 1.0 is not the same here" in joined

    @pytest.mark.parametrize(("policy", "names"), [("exact", [*PLUGINS]), ("at-least", ["patient", "deadly"])])
    def test_makes_registering_raise_what_differs(self, dask_run, policy, names):
        said = dask_run[f"register {policy}"]
        assert said.startswith(
            f"ExceptionGroup: plugins are not the same in this process ({len(names)} sub-exceptions)"
        )
        assert sorted(re.findall(r"since plugin '(\w+)' of acme-tools 1.0", said)) == sorted(names)
        assert said.splitlines()[-1].startswith("on the worker tcp://127.0.0.1:")

    def test_serves_where_the_policy_allows_its_plugins(self, dask_run):
        assert dask_run["register warn"] == 2
        assert "app: warning[plugin-differs]: the plugins of 'app' cannot be used" in dask_run["log"]
        assert dask_run["at-least"] == "SEVEN"

    def test_leaves_the_other_workers_as_they_are(self, dask_run):
        assert dask_run["after the other"] == "EIGHT"


def test_a_plugin_that_kills_workers_is_named_in_the_end_and_the_new_worker_serves(dask_run):
    assert dask_run["deadly"].startswith("PluginMismatchError: 'deadly' of 'things' cannot be used in this process")
    assert "it took the process down 2 times" in dask_run["deadly"]
    assert dask_run["restarted"] == ["ready"]
    assert dask_run["after the death"] == "TEN"


def test_a_worker_without_pegboard_can_read_what_it_gets_and_says_what_it_lacks(dask_run):
    assert dask_run["no Pegboard"].startswith(
        "RuntimeError: install Pegboard on the worker tcp://a:1, in the client's version: import of pegboard."
    )
