"""Shows notices, and takes new ones; they are kept as long as the server runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from board.api import v1
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_notices: list[str] = []


@v1.register_lifespan("notices")
@asynccontextmanager
async def _kept(app: Any) -> AsyncIterator[None]:
    del app
    _notices.append("welcome")
    yield
    _notices.clear()


async def notices(request: Request) -> Response:
    """Return all notices, after adding the one that was sent."""
    if request.method == "POST":
        _notices.append((await request.body()).decode())
    return JSONResponse(_notices)


v1.route("/notices", notices, methods=["GET", "POST"])
