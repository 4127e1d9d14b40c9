"""Does a plugin have a health check? Its source is parsed, so that the plugin is not imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pegboard.ledger import Plugin

NAME = "health"
"""The name of the function at the top level of a plugin's module."""


def has_health_check(plugin: Plugin) -> bool:
    """Return whether the source of *plugin* defines or imports `health` at the top level of its module."""
    if plugin.origin is None or not plugin.origin.endswith((".py", ".pyw")):
        return False
    try:
        with open(plugin.origin, "rb") as stream:
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return _binds(tree.body)


def _binds(statements: list[ast.stmt]) -> bool:
    for statement in statements:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found = name == NAME
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found = any((alias.asname or alias.name) == NAME for alias in names)
            case ast.AnnAssign(target=target, value=value):
                found = value is not None and isinstance(target, ast.Name) and target.id == NAME
            case ast.Assign(targets=targets):
                found = any(isinstance(target, ast.Name) and target.id == NAME for target in targets)
            case ast.If(body=body, orelse=other):
                found = _binds(body) or _binds(other)
            case ast.Try(body=body, handlers=handlers, orelse=other):
                found = _binds(body) or _binds(other) or any(_binds(handler.body) for handler in handlers)
            case _:
                found = False
        if found:
            return True
    return False
