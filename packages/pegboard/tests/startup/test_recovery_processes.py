"""An index that turns out to be damaged while it is in use is replaced, whatever happens meanwhile."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("objects_are_not_compared")]

ALL = ["t-a", "t-b", "t-c"]


def damaged(application):
    """Change every byte behind the head, so that the index is used, and what is looked up is damaged."""
    data = bytearray(application.index.read_bytes())
    first = data.index(b"\n")
    end = first + 1 + int(data[:first].split(b" ")[3])
    data[end:] = bytes(byte ^ 1 for byte in data[end:])
    application.index.write_bytes(data)


def test_everything_is_there_afterwards(primed):
    damaged(primed)
    run = primed.run(
        "result['b'] = things['t-b']", "result['names'] = things.names()", "result['all'] = len(host.plugins)"
    )
    assert (run["b"], run["names"], run["all"]) == ("b", ALL, 3)


def test_an_interrupted_recovery_is_made_good_by_the_next_use(application):
    application.plugin("a")
    application.plugin(
        "b", "import os, sys\nif sys.flags.optimize == 0 and os.environ.pop('STOP', ''): raise KeyboardInterrupt\n"
    )
    application.plugin("c")
    application.settle()
    application.names()
    damaged(application)
    step = """
try: things.names()
except KeyboardInterrupt: result['interrupted'] = True
result['names'] = things.names()
result['c'] = things['t-c']
"""
    run = application.run(step, STOP="1")
    assert (run["names"], run["c"]) == (ALL, "c")


def test_many_threads_that_notice_the_damage_at_once_get_everything(primed):
    damaged(primed)
    step = """
import threading
barrier, found, errors = threading.Barrier(8), [], []
def look():
    barrier.wait()
    try: found.append([list(things.names()), things['t-c']])
    except BaseException as error: errors.append(repr(error))
threads = [threading.Thread(target=look) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
result['found'], result['errors'] = found, errors
"""
    run = primed.run(step)
    assert run["errors"] == []
    assert run["found"] == [[ALL, "c"]] * 8


@pytest.mark.parametrize("change", ["host.reload('a')", "host.rescan()", "host.disable('b'); host.enable('b')"])
def test_a_damaged_cold_part_costs_no_more_than_wishes(primed, change):
    data = bytearray(primed.index.read_bytes())
    data[-20] ^= 1
    primed.index.write_bytes(data)
    run = primed.run("things.names()", change, "result['names'] = things.names()")
    assert run["names"] == ALL


def test_two_hosts_that_search_before_the_first_import_both_work(primed):
    step = """
from pegboard import Host
other = Host('app')
len(host.plugins), len(other.plugins)
result['names'] = things.names()
result['states'] = [plugin.state for plugin in host.plugins]
"""
    run = primed.run(step, APP_PLUGINS_LAZY="0")
    assert (run["names"], run["states"]) == (ALL, ["active"] * 3)
