"""What a worker of a pool does before its first task: here in the process of the test, as if it were the worker."""

from __future__ import annotations

import pickle

import pytest

from pegboard.adapters import concurrent_futures
from pegboard.adapters.worker_start import start_worker, worker_start
from pegboard.errors import HostAddressError, HostError, PluginMismatchError


@pytest.fixture
def host(live_application):
    for name in "ab":
        live_application.plugin(name, f"api.register('{name}', str.upper)")
    host = live_application.start()
    host.start()
    return host


def sent(function):
    return pickle.loads(pickle.dumps(function))


def test_a_worker_with_the_same_plugins_says_nothing(host, capsys):
    sent(concurrent_futures.start_host(host))()
    assert capsys.readouterr() == ("", "")


def test_a_worker_says_how_each_plugin_differs_and_raises_nothing(host, capsys):
    start = sent(concurrent_futures.start_host(host))
    host.disable("a")
    host.disable("b")
    start()
    out, err = capsys.readouterr()
    assert out == ""
    assert [line for line in err.splitlines() if not line.startswith("  ")] == [
        f"PluginMismatchError: the plugins of 'app' cannot be used in this process, since plugin '{name}' is not the same here"
        for name in "ab"
    ]


def test_a_worker_raises_where_the_engine_tells_of_it(host):
    start = sent(worker_start(host, "exact", start_worker))
    host.disable("a")
    with pytest.raises(PluginMismatchError) as caught:
        start()
    assert (caught.value.plugin, caught.value.kind) == ("a", "disabled")


def test_a_policy_that_warns_reports_and_goes_on(host, live_application, capsys):
    start = sent(concurrent_futures.start_host(host, policy="warn"))
    host.disable("a")
    live_application.reports.clear()
    start()
    assert [type(report) for report in live_application.reports] == [PluginMismatchError]
    assert capsys.readouterr().err == ""


def test_a_worker_without_the_application_says_so(host, capsys, monkeypatch):
    start = sent(concurrent_futures.start_host(host))
    monkeypatch.setitem(__import__("sys").modules, "app.api", None)
    start()
    assert capsys.readouterr().err.startswith("HostAddressError: there is no host at 'app.api:host'")


def test_what_the_parent_can_know_is_said_there(host, live_application):
    with pytest.raises(HostError, match="there is no policy 'same'"):
        concurrent_futures.start_host(host, policy="same")
    live_application.api.host = None
    with pytest.raises(HostAddressError):
        concurrent_futures.start_host(host)
