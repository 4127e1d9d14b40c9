"""The application: its host, and what plugins can add (routes and lifespans)."""

from __future__ import annotations

import functools

from starlette.applications import Starlette

from pegboard import Host
from pegboard.adapters.starlette import PluginRoutes, register_route

host = Host("board")
routes, lifespans = host.registry("routes"), host.registry("lifespans")
route = functools.partial(register_route, routes)

plugins = PluginRoutes(host, routes, lifespans)
app = Starlette(routes=[plugins], lifespan=plugins.lifespan)
