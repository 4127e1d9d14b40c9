"""A plugin that replaces what it takes to make an index stops no start, and leaves no wrong record behind."""

from __future__ import annotations

import pytest

REPLACES = {
    "json": "import json\njson.dumps = json.loads = None\n",
    "methods of json": "import json\njson.JSONEncoder.encode = json.JSONEncoder.iterencode = None\n",
    "open": "import builtins\nbuiltins.open = None\n",
    "os.open": "import io, os\nio.open = os.open = None\n",
    "scandir": "import os\nos.scandir = None\nos.listdir = lambda *a: []\n",
    "replace": "import os\nos.replace = lambda *a: None\n",
    "stat": "import os\nreal = os.stat\nos.stat = lambda *a, **k: real('/')\n",
    "time": "import time\ntime.time = lambda: 0.0\ntime.time_ns = time.monotonic_ns = lambda: 0\n",
    "sorted": "import builtins\nbuiltins.sorted = lambda *a, **k: []\n",
    "isinstance": "import builtins\nbuiltins.isinstance = lambda *a: False\n",
}


@pytest.mark.parametrize("what", REPLACES)
def test_the_start_goes_on_and_all_is_as_before_when_it_is_gone(application, what):
    application.plugin("b", "register('more', 1, words=['a', 'b'])\n")
    application.settle()
    wanted = application.names()["names"]
    application.index.unlink()
    culprit = application.plugin("z", REPLACES[what], registers=None)
    application.settle()
    step = "print(*things.names())"
    expected = application.process(step, APP_PLUGINS_LAZY="0").stdout.splitlines()[:1]
    for _ in range(2):
        done = application.process(step)
        assert done.stdout.splitlines()[:1] == expected
        assert "pegboard/startup" not in done.stderr  # no traceback of ours
    culprit.unlink()
    for _ in range(2):
        run = application.run("result['names'] = things.names()", "result['b'] = things['t-b']")
        assert (run["names"], run["b"]) == (wanted, "b")
