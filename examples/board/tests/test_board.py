"""The application in a process, with a page of somebody else."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

WEATHER = """
from board.api import v1
from starlette.responses import PlainTextResponse

async def weather(request):
    return PlainTextResponse({"graz": "rain"}[request.path_params["town"]])

v1.route("/weather/{town}", weather)
"""
CLIENT = """
import json
from board.app import app, host
from starlette.testclient import TestClient

def told(response): return [response.status_code, response.text]

with TestClient(app, raise_server_exceptions=False) as client:
    answers = [told(client.get(path)) for path in ("/notices", "/weather/graz", "/weather/rome", "/nothing")]
    answers.append(told(client.post("/notices", content="choir at 8")))
    host.disable("weather")
    answers.append(told(client.get("/weather/graz")))
print(json.dumps(answers))
"""


def test_pages_of_plugins_come_and_go_and_one_that_fails_stops_nothing(environments, user):
    user.environ["BOARD_PLUGINS_CACHE"] = str(user.home / ".cache/board")
    folder = user.home / ".config" / "board" / "plugins"
    folder.mkdir(parents=True)
    (folder / "weather.py").write_text(WEATHER)
    (folder / "broken.py").write_text("import a_library_that_is_not_there\n")
    environment = environments.shared_environment("packages/pegboard", "examples/board", "starlette>=0.37", "httpx2")
    done = user.run(environment.python, "-c", CLIENT)
    assert done.code == 0, done.err
    assert json.loads(done.out) == [
        [200, '["welcome"]'],
        [200, "rain"],
        [500, "Internal Server Error"],
        [404, "Not Found"],
        [200, '["welcome","choir at 8"]'],
        [404, "Not Found"],
    ]
    assert "plugin 'broken' could not be imported" in done.err
