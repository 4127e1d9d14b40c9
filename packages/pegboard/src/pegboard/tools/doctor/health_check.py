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
        if NAME in _names(statement):
            return True
        if isinstance(statement, ast.If | ast.Try):
            handlers = statement.handlers if isinstance(statement, ast.Try) else []
            if any(map(_binds, [statement.body, statement.orelse, *(handler.body for handler in handlers)])):
                return True
    return False


def _names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case _:
            return []
