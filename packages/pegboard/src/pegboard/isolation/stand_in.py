"""What stands in the application for something that an isolated plugin has registered?

In: what the plugin's process says of it, see `Process.describe`. Out: a function with the same name, signature and kind
(plain, generator, `async`), or an object with the same methods. A call of it is a call in the process.
"""

from __future__ import annotations

import inspect
from types import FunctionType

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping
    from typing import Any, Protocol

    class Caller(Protocol):
        """What calls in the process of the plugin; see `Process`."""

        def call(
            self, kind: str, text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, method: str = ""
        ) -> Any: ...

        async def acall(
            self, kind: str, text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, method: str = ""
        ) -> Any: ...


class Remote:
    """An object of an isolated plugin: its methods are called in the plugin's process."""

    def __init__(self, name: str, methods: Mapping[str, Callable[..., Any]]) -> None:
        self._name = name
        vars(self).update(methods)

    def __repr__(self) -> str:
        return f"<{self._name} in the process of its plugin>"


def stand_in_for(row: Mapping[str, Any], caller: Caller, module: str) -> Any:
    """Return what stands for a contribution.

    Args:
        row: What `Process.describe` says of it.
        caller: Calls in the process.
        module: The plugin's module; a traceback through the stand-in names the plugin by it.
    """
    of = row["kind"], row["text"]
    if row.get("is_callable"):
        return _function(row, caller, module, of)
    if methods := row.get("methods"):
        made = {name: _function(each, caller, module, of, name) for name, each in methods.items()}
        if "__call__" in made:
            return _Callable(row["text"], made)
        return Remote(row["text"], made)
    return row.get("value")


class _Callable(Remote):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["__call__"](*args, **kwargs)


def _function(
    row: Mapping[str, Any], caller: Caller, module: str, of: tuple[str, str], method: str = ""
) -> Callable[..., Any]:
    made = _KINDS[bool(row.get("is_async")), bool(row.get("is_generator") or row.get("is_async_generator"))]
    if row.get("is_async_generator"):
        made = _async_generator
    template: Any = made(caller, *of, method)
    # frames of it are the plugin's: what is registered in a callback has an owner, and `Host.blame` a culprit
    function: Any = FunctionType(
        template.__code__,
        {"__name__": module, "__builtins__": __builtins__},
        row.get("name") or method or of[1],
        None,
        template.__closure__,
    )
    function.__qualname__ = str(row.get("qualname") or function.__name__)
    function.__module__ = module
    function.__doc__ = row.get("doc") or None
    function.__signature__ = signature_of(row.get("parameters") or ())
    return function  # type: ignore[no-any-return]


def _plain(caller: Caller, kind: str, text: str, method: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return caller.call(kind, text, args, kwargs, method=method)

    return call


def _generator(caller: Caller, kind: str, text: str, method: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        result: Any = yield from caller.call(kind, text, args, kwargs, method=method)
        return result

    return call


def _coroutine(caller: Caller, kind: str, text: str, method: str) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await caller.acall(kind, text, args, kwargs, method=method)

    return call


def _async_generator(caller: Caller, kind: str, text: str, method: str) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        stream = await caller.acall(kind, text, args, kwargs, method=method)
        try:
            async for each in stream:
                yield each
        finally:
            await stream.aclose()

    return call


_KINDS = {
    (False, False): _plain,
    (False, True): _generator,
    (True, False): _coroutine,
    (True, True): _async_generator,
}


def signature_of(parameters: Any) -> inspect.Signature:
    """Return the signature with these *parameters*, as `Process.describe` has them.

    A default that is no plain data shows as `...`: the plugin's process puts in what it is.
    """
    made = []
    for each in parameters:
        default: Any = inspect.Parameter.empty
        if each.get("has_default"):
            default = each.get("default", ...)
        annotation = each.get("annotation") or inspect.Parameter.empty
        kind = inspect._ParameterKind[each["kind"]]  # noqa: SLF001 -- its public names are attributes of `Parameter`
        made.append(inspect.Parameter(each["name"], kind, default=default, annotation=annotation))
    return inspect.Signature(made)
