"""Routes and lifespans of plugins, recorded by a process before: a server goes on whatever they do, and has what is in use at each moment."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from pegboard.adapters.starlette import PluginRoutes
from pegboard.errors import PluginCallError

PLUGIN = """
    from functools import partial
    from starlette.responses import PlainTextResponse
    from pegboard.adapters.starlette import register_route, register_router
    routes, lifespans = api.host.registry("routes"), api.host.registry("lifespans")
    route, router = partial(register_route, routes), partial(register_router, routes)
"""
CART = """
    async def cart(request):
        return PlainTextResponse(f"cart {request.path_params['id']}")
    route("/cart/{id:int}", cart)
"""
SESSION = """
    from contextlib import asynccontextmanager

    @lifespans.register("{name}")
    @asynccontextmanager
    async def session(app):
        api.log.append("{name} begins")
        yield
        api.log.append("{name} ends")
"""


@pytest.fixture
def serve(live_application):
    """Return a function that starts the application, with its plugins, and returns a client."""
    clients = []

    def start(*own, handlers=None, enters=True, **options):
        live_application.start_elsewhere()
        host = live_application.start(**options)
        plugins = PluginRoutes(host, host.registry("routes"), host.registry("lifespans"))
        live_application.routes = plugins
        app = Starlette(routes=[*own, plugins], lifespan=plugins.lifespan, exception_handlers=handlers)
        client = TestClient(app, raise_server_exceptions=False)
        if enters:
            client.__enter__()
            clients.append(client)
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def plugin(live_application):
    return lambda name, text: live_application.plugin(name, PLUGIN + text)


def is_imported(name):
    return f"app.plugins.{name}" in sys.modules


# -- routes -----------------------------------------------------------------------------------------------------------


def test_a_plugin_is_imported_at_the_first_request_that_it_answers(plugin, serve):
    plugin("cart", CART)
    client = serve(Route("/own", lambda request: PlainTextResponse("own")))
    assert client.get("/own").text == "own"
    assert client.get("/cart").status_code == client.get("/nothing").status_code == 404
    assert client.get("/cart/x").status_code == 404
    assert client.post("/cart/3").status_code == 405
    assert not is_imported("cart")
    assert client.get("/cart/3").text == "cart 3"
    assert is_imported("cart")
    assert client.head("/cart/3").status_code == 200


def test_the_import_does_not_block_the_loop(plugin, serve, live_application):
    plugin("cart", CART + "    import threading; api.log.append(threading.current_thread())\n")
    serve().get("/cart/3")
    (thread,) = live_application.log
    assert thread is not threading.main_thread()
    assert thread.name == "pegboard-import"


@pytest.mark.parametrize(
    ("text", "method", "path", "answer"),
    [
        (
            "def here(request): return PlainTextResponse('plain function')\n    route('/x', here)",
            "GET",
            "/x",
            "plain function",
        ),
        (
            (
                "from starlette.endpoints import HTTPEndpoint\n"
                "    class Here(HTTPEndpoint):\n"
                "        async def put(self, request): return PlainTextResponse('put')\n"
                "    route('/x', Here)"
            ),
            "PUT",
            "/x",
            "put",
        ),
        (
            (
                "from starlette.routing import Route, Router\n"
                "    def here(request): return PlainTextResponse('in a router')\n"
                "    router('/shop', Router([Route('/x', here)]))"
            ),
            "GET",
            "/shop/x",
            "in a router",
        ),
        (
            (
                "from starlette.routing import Route\n"
                "    def here(request): return PlainTextResponse('in a list')\n"
                "    router('/shop', [Route('/x', here)])"
            ),
            "GET",
            "/shop/x",
            "in a list",
        ),
        (
            (
                "def here(request): return PlainTextResponse('registered directly')\n"
                "    routes.register('here', here, path='/x', methods=['DELETE'])"
            ),
            "DELETE",
            "/x",
            "registered directly",
        ),
    ],
    ids=["function", "class", "router", "list", "direct"],
)
def test_what_can_be_contributed(  # noqa: PLR0917 -- fixtures, and what a request is
    plugin, serve, text, method, path, answer
):
    plugin("here", f"    {text}\n")
    client = serve()
    assert not is_imported("here")
    assert client.request(method, path).text == answer
    assert client.request("PATCH", "/x").status_code in (404, 405)


def test_a_web_socket_is_contributed(plugin, serve):
    plugin(
        "echo",
        """
    async def echo(session):
        await session.accept()
        await session.send_text("heard " + await session.receive_text())
        await session.close()
    route("/echo", echo, websocket=True)
    """,
    )
    with serve().websocket_connect("/echo") as session:
        session.send_text("me")
        assert session.receive_text() == "heard me"


def test_url_for_knows_the_routes_of_plugins(plugin, serve):
    plugin("cart", CART)
    client = serve(Route("/link", lambda request: PlainTextResponse(str(request.url_for("cart", id=3)))))
    assert client.get("/link").text == "http://testserver/cart/3"
    assert not is_imported("cart")


def test_the_routes_are_mounted_below_a_path_too(plugin, live_application):
    plugin("cart", CART)
    live_application.start_elsewhere()
    host = live_application.start()
    client = TestClient(Starlette(routes=[Mount("/ext", app=PluginRoutes(host, host.registry("routes")))]))
    assert client.get("/ext/cart/3").text == "cart 3"  # without a lifespan: the host starts at the first request
    assert client.get("/cart/3").status_code == 404


def test_own_routes_come_first_while_the_host_has_not_started(plugin, serve):
    plugin("cart", CART)
    client = serve(Route("/cart/3", lambda request: PlainTextResponse("own")), enters=False)
    assert client.get("/cart/3").text == "own"
    assert client.get("/cart/4").text == "cart 4"


# -- faults -----------------------------------------------------------------------------------------------------------


def test_an_exception_names_the_plugin_and_the_server_goes_on(plugin, serve):
    seen = []

    async def failed(request, error):
        seen.append(error)
        return PlainTextResponse("sorry", 500)

    plugin("cart", CART)
    plugin("bad", "    def bad(request): raise KeyError('x')\n    route('/bad', bad)\n")
    client = serve(handlers={500: failed})
    assert client.get("/bad").status_code == 500
    (error,) = seen
    assert isinstance(error, PluginCallError)
    assert str(error).startswith("plugin 'bad' failed while answering GET /bad\n  cause: KeyError: 'x'")
    assert isinstance(error.__cause__, KeyError)
    assert client.get("/cart/3").text == "cart 3"


@pytest.mark.parametrize("raised", ["SystemExit(3)", "BaseException('x')", "RecursionError()"])
def test_whatever_an_endpoint_raises_gives_500(plugin, serve, raised):
    plugin("cart", CART)
    plugin("bad", f"    async def bad(request): raise {raised}\n    route('/bad', bad)\n")
    client = serve()
    assert client.get("/bad").status_code == 500
    assert client.get("/cart/3").text == "cart 3"


def test_what_the_application_handles_itself_stays_what_it_is(plugin, serve):
    async def handled(request, error):
        return PlainTextResponse(f"handled {error}", 418)

    plugin("a", "    def a(request): raise LookupError('x')\n    route('/a', a)\n")
    plugin(
        "b",
        "    from starlette.exceptions import HTTPException\n    def b(request): raise HTTPException(409)\n    route('/b', b)\n",
    )
    client = serve(handlers={LookupError: handled})
    assert client.get("/a").text == "handled x"
    assert client.get("/b").status_code == 409


def test_a_plugin_that_fails_at_its_first_request_is_as_if_it_were_not_there(plugin, serve, live_application):
    plugin(
        "a", CART + "    import os\n    if os.path.exists('/nonexistent') or api.log: raise ConnectionError('no net')\n"
    )
    other = """
    def other(request): return PlainTextResponse("other 3")
    route("/cart/{id:int}", other)
    """
    plugin("b", other)
    client = serve()
    live_application.log.append("now")
    assert client.get("/cart/3").text == "other 3"
    (report,) = live_application.reports
    assert "plugin 'a' could not be imported" in str(report)
    assert client.get("/cart/3").text == "other 3"


def test_a_route_that_cannot_be_one_is_reported_and_no_other_is_lost(plugin, serve, live_application):
    plugin("cart", CART)
    plugin("direct", "    routes.register('direct', print, path='no slash')\n    routes.register('none', print)\n")
    client = serve()
    assert client.get("/cart/3").text == "cart 3"
    assert sorted(str(report).splitlines()[0] for report in live_application.reports) == [
        "plugin 'direct' failed while adding its route 'direct'",
        "plugin 'direct' failed while adding its route 'none'",
    ]


@pytest.mark.parametrize("path", ["cart", "/{id:nope}", "/{id}/{id}", None])
def test_a_path_that_cannot_be_one_is_refused_where_it_is_registered(plugin, serve, live_application, path):
    plugin("bad", f"    route({path!r}, print)\n")
    assert serve().get("/cart").status_code == 404
    assert "plugin 'bad' could not be imported" in str(live_application.reports[0])
    assert "ValueError" in str(live_application.reports[0])


# -- changes while the server runs ------------------------------------------------------------------------------------


def test_disabling_enabling_and_reloading_change_the_routes_at_once(plugin, serve, live_application):
    plugin("cart", CART + SESSION.format(name="session"))
    client = serve()
    host, log = live_application.host, live_application.log
    assert client.get("/cart/3").text == "cart 3"
    assert log == ["session begins"]
    host.disable("cart")
    assert client.get("/cart/3").status_code == 404
    assert log == ["session begins", "session ends"]
    host.enable("cart")
    assert client.get("/cart/3").text == "cart 3"
    assert log[2:] == ["session begins"]
    plugin("cart", CART.replace("cart {", "new {") + SESSION.format(name="renewed"))
    host.reload("cart")
    assert client.get("/cart/3").text == "new 3"
    assert sorted(log[3:]) == ["renewed begins", "session ends"]


# -- lifespans --------------------------------------------------------------------------------------------------------


def test_lifespans_are_entered_in_order_and_left_in_reverse_order(plugin, live_application, serve):
    for name in "ab":
        plugin(name, SESSION.format(name=name))
    client = serve(enters=False)
    with client:
        assert live_application.log == ["a begins", "b begins"]
    assert live_application.log[2:] == ["b ends", "a ends"]


@pytest.mark.parametrize(
    ("body", "doing"),
    [
        ("raise ValueError('x')\n        yield", "entering its lifespan 'bad'"),
        ("return\n        yield", "entering its lifespan 'bad'"),
        ("raise SystemExit(3)\n        yield", "entering its lifespan 'bad'"),
        ("yield\n        raise ValueError('x')", "leaving its lifespan 'bad'"),
        ("yield\n        yield", "leaving its lifespan 'bad'"),
    ],
)
def test_a_lifespan_that_fails_is_named_and_the_others_are_held(plugin, live_application, serve, body, doing):
    plugin("a", SESSION.format(name="a"))
    plugin(
        "bad",
        SESSION.format(name="bad").replace(
            'api.log.append("bad begins")\n        yield\n        api.log.append("bad ends")', body
        ),
    )
    plugin("c", SESSION.format(name="c") + CART)
    client = serve(enters=False)
    with client:
        assert client.get("/cart/3").text == "cart 3"
    assert live_application.log == ["a begins", "c begins", "c ends", "a ends"]
    (report,) = live_application.reports
    assert str(report).splitlines()[0] == f"plugin 'bad' failed while {doing}"


@pytest.mark.parametrize("item", ["3", "lambda app: None", "lambda: None"])
def test_what_is_no_lifespan_is_named(plugin, live_application, serve, item):
    plugin("bad", f"    lifespans.register('bad', {item})\n")
    with serve(enters=False):
        pass
    (report,) = live_application.reports
    assert str(report).splitlines()[0] == "plugin 'bad' failed while entering its lifespan 'bad'"


def test_the_lifespan_of_the_application_holds_those_of_plugins(plugin, live_application):
    plugin("a", SESSION.format(name="a"))
    live_application.start_elsewhere()
    host = live_application.start()
    plugins = PluginRoutes(host, host.registry("routes"), host.registry("lifespans"))

    async def whole():
        async with plugins.lifespan(None):
            assert live_application.log == ["a begins"]

    asyncio.run(whole())
    assert live_application.log == ["a begins", "a ends"]


# -- FastAPI ----------------------------------------------------------------------------------------------------------


def test_plugins_of_an_application_of_fastapi(plugin, live_application):
    plugin(
        "shop",
        SESSION.format(name="shop")
        + """
    from typing import Annotated
    from fastapi import APIRouter, Depends
    shop = APIRouter()

    def discount() -> float:
        return 0.5

    @shop.get("/price/{amount}")
    async def price(amount: float, off: Annotated[float, Depends(discount)]) -> dict[str, float]:
        return {"price": amount * off}

    @shop.get("/bad")
    def bad():
        raise KeyError("x")

    router("/shop", shop)
    """,
    )
    live_application.start_elsewhere()
    host = live_application.start()
    plugins = PluginRoutes(host, host.registry("routes"), host.registry("lifespans"))
    app = FastAPI(routes=[plugins], lifespan=plugins.lifespan)

    @app.get("/own")
    def own() -> str:
        return "own"

    with TestClient(app, raise_server_exceptions=False) as client:
        assert live_application.log == ["shop begins"]
        assert client.get("/own").json() == "own"
        assert client.get("/shop/price/8").json() == {"price": 4.0}
        assert client.get("/shop/price/many").status_code == 422
        assert client.get("/shop/bad").status_code == 500
        assert client.get("/openapi.json").status_code == 200
        host.disable("shop")
        assert client.get("/shop/price/8").status_code == 404
        assert client.get("/own").json() == "own"
    assert live_application.log == ["shop begins", "shop ends"]
