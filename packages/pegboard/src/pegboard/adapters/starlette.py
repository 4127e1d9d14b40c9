"""Routes and lifespans of plugins, in an application made with `starlette` or with what is built on it, as FastAPI is.

In: a registry of routes, whose metadata tells the paths, and one of lifespans. Out: a route for the application's
router, and a lifespan for the application. A plugin is imported in a thread, at the first request that it answers.

Source: starlette, "Routing", "Lifespan"; the ASGI specification.
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import (
    BaseRoute,
    Match,
    Mount,
    NoMatchFound,
    Route,
    Router,
    WebSocketRoute,
    compile_path,
    request_response,
    websocket_session,
)
from starlette.websockets import WebSocketClose, WebSocketDisconnect

from pegboard.errors import PluginCallError, PluginError, describe_exception

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from contextlib import AbstractAsyncContextManager

    from anyio.abc import TaskGroup, TaskStatus
    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.registry import Registry

    PluginLifespan = Callable[[Any], AbstractAsyncContextManager[object]]
    """Called with the application; the result is entered at startup, and left when the plugin or the server ends."""

E = TypeVar("E")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PASSING = (HTTPException, WebSocketException, WebSocketDisconnect, ClientDisconnect)


def register_route(
    routes: Registry[Any],
    path: str,
    endpoint: E,
    *,
    methods: Collection[str] | None = None,
    name: str | None = None,
    websocket: bool = False,
    override: bool = False,
) -> E:
    """Register what answers requests for *path*; metadata has path and methods, so that matching imports nothing.

    Args:
        routes: The registry.
        path: As for `starlette.routing.Route`, e.g. `/notes/{id:int}`.
        endpoint: A function of a request, `async` or not, or a class of endpoints.
        methods: `GET` alone if None; those that it defines if *endpoint* is a class.
        name: What it is called in the registry and in `url_for`; its own name if None.
        websocket: Whether it is a session of a web socket.
        override: As for `Registry.register`.

    Returns:
        *endpoint*.

    Raises:
        ValueError: If *path* cannot be one.
    """
    _check_path(path)
    if methods is None:
        methods = [each for each in _METHODS if hasattr(endpoint, each.lower())] if _is_class(endpoint) else ["GET"]
    metadata: dict[str, Any] = {"websocket": True} if websocket else {"methods": sorted(m.upper() for m in methods)}
    own_name = name or str(getattr(endpoint, "__name__", ""))
    routes.register(own_name, endpoint, override=override, path=path, **metadata)
    return endpoint


def register_router(routes: Registry[Any], prefix: str, router: E, *, name: str | None = None) -> E:
    """Register a router, or any other ASGI application, or a list of routes, for all paths below *prefix*.

    Args:
        routes: The registry.
        prefix: As for `starlette.routing.Mount`, e.g. `/shop`.
        router: E.g. a `starlette.routing.Router`, or an `APIRouter` in an application of FastAPI.
        name: What it is called in the registry; *prefix* if None.

    Returns:
        *router*.

    Raises:
        ValueError: If *prefix* cannot be one.
    """
    _check_path(prefix)
    routes.register(name or prefix, router, prefix=prefix.rstrip("/"))
    return router


class PluginRoutes(BaseRoute):
    """One route that stands for all that plugins contribute; the last one of an application's routes.

    A plugin is imported, in a thread, when the first request comes that it answers. If it cannot be imported, it is
    reported and left out, as at a start, and the request is answered by the other routes. An exception of a plugin's
    endpoint names the plugin, unless the application handles that exception; the server answers 500 and goes on.
    Disabling, enabling and reloading a plugin changes the routes at once.

    Examples:
        >>> from starlette.applications import Starlette
        >>> from pegboard import Host
        >>> host = Host("notes")
        >>> plugins = PluginRoutes(host, host.registry("routes"), host.registry("lifespans"))
        >>> app = Starlette(routes=[plugins], lifespan=plugins.lifespan)
    """

    def __init__(self, host: Host, routes: Registry[Any], lifespans: Registry[PluginLifespan] | None = None) -> None:
        """Say what plugins contribute; the host is not started before the lifespan, or else the first request.

        Args:
            host: The application's.
            routes: What `register_route` and `register_router` add to. Directly registered, an endpoint needs `path`
                in its metadata, and may have `methods`; an ASGI application needs `prefix`.
            lifespans: Functions that get the application and return an asynchronous context manager.
        """
        self._host = host
        self._routes = routes
        self._lifespans = None if lifespans is None else _Lifespans(host, lifespans)
        self._table: list[BaseRoute] = []
        self._generation = -1

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Start the host, and enter the lifespans of plugins; leave them in reverse order.

        A lifespan that raises is reported and left out. One whose plugin is disabled or reloaded is left then; that of
        the new code is entered before the next request is answered. An application with a lifespan of its own uses
        this one in it: `async with plugins.lifespan(app): yield`.
        """
        await self._host.astart()
        if self._lifespans is None:
            yield
            return
        async with self._lifespans.held(app):
            yield

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a plugin answers; partially before the host has started, when nobody knows."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        if not self._is_ready():
            return Match.PARTIAL, {}
        found = self._find(scope)
        return (found[1], {}) if found else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, importing a plugin if need be."""
        await self._host.astart()
        if self._lifespans is not None:
            await self._lifespans.settle()
        before = dict(scope)
        while found := self._find(scope):
            route, _, child_scope = found
            scope.update(child_scope)
            try:
                await route.handle(scope, receive, send)
            except _LeftOutError:  # its names are gone: the next one that matches serves, as if it had not been there
                scope.clear()
                scope.update(before)
            else:
                return
        await _not_found(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of a plugin's route, by its name in the registry.

        Raises:
            NoMatchFound: If there is none of that name and those parameters.
        """
        for route in self._current():
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)

    @property
    def routes(self) -> list[BaseRoute]:
        """A route for each contribution that is in use, in order; imports no plugin."""
        return list(self._current())

    def _is_ready(self) -> bool:
        return self._host.manager.state == "ready"

    def _find(self, scope: Scope) -> tuple[BaseRoute, Match, Scope] | None:
        partial = None
        for route in self._current():
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return route, match, child_scope
            if match is Match.PARTIAL and partial is None:
                partial = route, match, child_scope
        return partial

    def _current(self) -> list[BaseRoute]:
        """Return the routes, made anew if plugins have changed."""
        if not self._is_ready():
            self._host.start()
        generation = self._host.manager.ledger.generation
        if generation != self._generation:
            self._table = [route for name in self._routes.names() if (route := self._made(name)) is not None]
            self._generation = generation
        return self._table

    def _made(self, name: str) -> BaseRoute | None:
        metadata = self._routes.describe(name)
        owner = self._routes.owner(name)
        endpoint = _Endpoint(self._host, self._routes, name, owner)
        try:
            if "prefix" in metadata:
                return Mount(metadata["prefix"], app=endpoint, name=name)
            if metadata.get("websocket"):
                return WebSocketRoute(metadata["path"], endpoint, name=name)
            return Route(metadata["path"], endpoint, methods=metadata.get("methods", ["GET"]), name=name)
        except (LookupError, ValueError, AssertionError, TypeError, AttributeError) as error:
            self._host.report(_named(owner, f"adding its route {name!r}", error))
            return None


class _LeftOutError(Exception):
    """The plugin that should answer cannot be imported; that has been reported."""


class _Endpoint:
    """The ASGI application that answers for one contribution, imported at the first request."""

    def __init__(self, host: Host, routes: Registry[Any], name: str, owner: Plugin) -> None:
        self._host, self._routes, self._name, self._owner = host, routes, name, owner
        self._known: tuple[object, ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        item = await self._routes.aget(self._name)
        if item is None:
            raise _LeftOutError(self._name)
        if self._known is None or self._known[0] is not item:
            self._known = item, self._application(item)
        application = self._known[1]
        doing = f"answering {scope.get('method', scope['type'])} {scope['path']}"
        await self._host.run(self._owner, doing, lambda: application(scope, receive, send), passing=_PASSING)

    def _application(self, item: Any) -> ASGIApp:
        metadata = self._routes.describe(self._name)
        if isinstance(item, (list, tuple)):
            return Router(routes=list(item))
        if "prefix" in metadata or not (inspect.isroutine(item) or hasattr(item, "func")):
            application: ASGIApp = item
            return application
        return websocket_session(item) if metadata.get("websocket") else request_response(item)


class _Lifespans:
    """The lifespans of plugins, each in a task of its own, so that it can be left at any time."""

    def __init__(self, host: Host, registry: Registry[PluginLifespan]) -> None:
        self._host = host
        self._registry = registry
        self._held: dict[str, _Held] = {}
        self._group: TaskGroup | None = None
        self._app: Any = None
        self._generation = -1
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def held(self, app: Any) -> AsyncIterator[None]:
        """Enter all, and leave those that are still open in the end, the last one first."""
        async with anyio.create_task_group() as group:
            self._group, self._app, self._generation = group, app, -1
            try:
                await self.settle()
                yield
            finally:
                self._group = None
                with anyio.CancelScope(shield=True):
                    for held in reversed([*self._held.values()]):
                        held.stop.set()
                        await held.done.wait()
                self._held.clear()

    async def settle(self) -> None:
        """Enter the lifespans of plugins that are new, or were enabled or reloaded."""
        generation = self._host.manager.ledger.generation
        if self._group is None or generation == self._generation:
            return
        async with self._lock:
            for name in self._registry.names():
                if name not in self._held and self._group is not None:
                    held = self._held[name] = _Held(self._registry.owner(name))
                    await self._group.start(self._hold, name, held)
            self._generation = generation

    async def _hold(self, name: str, held: _Held, *, task_status: TaskStatus[None]) -> None:
        host, owner = self._host, held.owner
        self._end_with_plugin(name, held)
        doing = f"entering its lifespan {name!r}"
        is_started = False
        try:
            function = await self._registry.aget(name)
            if function is None:  # its import has failed, which has been reported
                self._held.pop(name, None)
                return
            context = host.run(owner, doing, lambda: function(self._app))
            await host.run(owner, doing, context.__aenter__)
            task_status.started()
            is_started = True
            await held.stop.wait()
            doing = f"leaving its lifespan {name!r}"
            await host.run(owner, doing, lambda: context.__aexit__(None, None, None))
        except Exception as error:
            problem = error if isinstance(error, PluginError) else _named(owner, doing, error)
            host.report(problem)
        finally:
            held.done.set()
            if not is_started:
                task_status.started()

    def _end_with_plugin(self, name: str, held: _Held) -> None:
        """Have the lifespan left when its plugin is disabled or reloaded, from whichever thread."""
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # trio: it ends with the server
            return

        def end() -> None:
            if self._held.get(name) is held:
                del self._held[name]
            held.stop.set()

        def end_soon() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(end)

        self._host._unload_callbacks.setdefault(held.owner, []).append(end_soon)  # noqa: SLF001 -- for another plugin


class _Held:
    """One lifespan: entered, or failed."""

    def __init__(self, owner: Plugin) -> None:
        self.owner = owner
        self.stop = anyio.Event()
        self.done = anyio.Event()


def _named(owner: Plugin, doing: str, error: BaseException) -> PluginCallError:
    from pegboard.boundary import location_in

    place = location_in(owner, error)
    named = PluginCallError(owner.name, str(owner.distribution or ""), doing, describe_exception(error), place)
    named.__cause__ = error
    return named


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    elif "app" in scope:  # its handlers make the answer
        raise HTTPException(404)
    else:
        await PlainTextResponse("Not Found", 404)(scope, receive, send)


def _check_path(path: object) -> None:
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(f"a path begins with a slash, and {path!r} does not")
    try:
        compile_path(path)
    except AssertionError as error:
        raise ValueError(f"{path!r} cannot be a path: {error}") from error


def _is_class(endpoint: object) -> bool:
    return isinstance(endpoint, type)
