"""The container: which object does the application use for a type?

In: providers, decorators and middlewares, as contributions with their owners. Out: components, built from them together
with all that they need.

Most starts register providers and get no component. So registering needs only this module; `pegboard.injection`, which
builds components, is imported when the first component is requested.

The last provider in the ledger's order is used. If the provider of a plugin fails, the next one below is used, and the
failure is reported. Exceptions of the application itself are not caught.

A chain of dependencies may be as deep as memory allows: depth costs no frames of Python's stack. With middlewares
each level costs three frames and two more for every middleware after the first, so that one middleware allows about
320 levels at Python's default recursion limit of 1000.
"""

import _thread
import sys

from pegboard.index import deferred
from pegboard.ledger import COMPONENT, DECORATOR, MIDDLEWARE, SINGLETON, TRANSIENT

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, Final, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard._typing import Alias, ClassOf, ClassToMypy, Maker, NoClass
    from pegboard.container_methods import ContainerMethods
    from pegboard.errors import PegboardError
    from pegboard.injection.core import Core
    from pegboard.injection.override import Override
    from pegboard.injection.scope import Scope
    from pegboard.ledger import Contribution, Ledger, Plugin

    K = TypeVar("K")
    T = TypeVar("T")
    Unchecked = TypeVar("Unchecked", bound=ClassToMypy | NoClass | Alias)
else:
    ContainerMethods = object

__all__ = ["SINGLETON", "TRANSIENT", "Container"]

_SAME: "Final" = object()
_IS_VALUE: "Final" = {"is_value": True}

_Namespace: "Any" = type(sys.implementation)  # that is `types.SimpleNamespace`; a class takes longer to make
_UNOPENED: "Any" = _Namespace(seen=-1)
"""Stands for the core of a container that nothing has been asked of: its cache holds for no generation."""


class Container(ContainerMethods):
    """The components of a host, by key: a type, `NewType`, generic alias, `Annotated` type, protocol or text.

    `Host.container` is the container of a host. `typing.List[Entry]` and `list[Entry]` are the same key. The container
    itself can be injected under the key `Container`.

    Any thread and task may get components. If a provider changes while the program runs, the components that depend on
    it are discarded, and built again when they are next requested.
    """

    __slots__ = (
        "_cache",
        "_core",
        "_ledger",
        "_live",
        "_offers",
        "_opening",
        "_owner_of",
        "_ready",
        "_report",
        "_root",
    )

    def __init__(
        self,
        ledger: "Ledger",
        *,
        live: "Callable[[Contribution], Any]",
        ready: "Callable[[], None]",
        report: "Callable[[PegboardError], None]",
        owner_of: "Callable[[str], Plugin | None] | None" = None,
        offers: "Mapping[str, str] | None" = None,
    ) -> None:
        """Make a container of everything in *ledger*.

        Args:
            ledger: Where providers and decorators are kept, with their owners.
            live: Returns the object of a contribution, importing its owner first if need be.
            ready: Called before the first look at the ledger and before each thing that is built.
            report: Told of each plugin that could not do what it offered and was done without.
            owner_of: Returns the plugin that a module belongs to, or None.
            offers: As for `Host`.
        """
        self._ledger = ledger
        self._live = live
        self._ready = ready
        self._report = report
        self._owner_of = owner_of
        self._offers = offers
        self._opening = _thread.allocate_lock()
        self._core: Core = _UNOPENED
        self._cache: dict[Any, Any]
        self._root: Scope

    def __repr__(self) -> str:
        core = self.core
        return f"<container of {0 if core is None else len(core.root.instances)} built components>"

    @property
    def core(self) -> "Core | None":
        """The object that builds components; None before the first request. Reloading uses it."""
        core: Core | None = self._core
        return None if core is _UNOPENED else core

    def _open(self) -> "Scope":
        """Return the scope around all others, which has the singletons; made at the first use."""
        if self._core is _UNOPENED:
            from pegboard.injection.core import Core
            from pegboard.injection.scope import Scope

            with self._opening:
                if self._core is _UNOPENED:
                    core = Core(
                        self._ledger,
                        live=self._live,
                        ready=self._ready,
                        report=self._report,
                        owner_of=self._owner_of,
                        offers=self._offers,
                    )
                    core.fix(Container, self, SINGLETON)
                    self._root, self._cache = Scope(core, core.root), core.root.cache
                    self._core = core  # the last: other threads look here whether it is open
        return self._root

    # -- registering --------------------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def provide(self, key: K, *, scope: str = SINGLETON) -> K: ...

        @overload
        def provide(self, key: ClassOf[T], provider: T | Maker[T], *, scope: str = SINGLETON) -> type[T]: ...

        @overload
        def provide(self, key: ClassToMypy, provider: object, *, scope: str = SINGLETON) -> Any: ...

        @overload
        def provide(self, key: NoClass | Alias, provider: object, *, scope: str = SINGLETON) -> Any: ...

    def provide(self, key: "Any", provider: "Any" = _SAME, *, scope: str = SINGLETON) -> "Any":
        """Register a provider for *key*. Of several providers, that of the last owner in order is used.

        A class, function or method is called, and its parameters are injected by their annotations. A parameter that
        has a default is not injected if nothing provides its key. A generator function, or one that is decorated with
        `contextlib.contextmanager`, yields the component and cleans up after its `yield`; both may be asynchronous.
        Any other object is the component itself: text, numbers, instances, partial functions.

        Registering calls, reads and imports nothing.

        Args:
            key: The key under which the component is requested.
            provider: What makes the component; *key* itself if it is left out.
            scope: `SINGLETON` for one instance, `TRANSIENT` for a new one at each request, or the name of a scope that
                has an instance of its own.

        Returns:
            *key*, so that it can decorate a class.

        Raises:
            HostError: If *key* is not hashable.
            InvalidNameError: If *scope* is no name.
        """
        text = _text(key)
        live = key if provider is _SAME else provider
        metadata = None
        if scope != SINGLETON:
            if scope != TRANSIENT:
                from pegboard.plain_data import plain_name

                scope = plain_name(scope, "a scope")
            metadata = {"scope": scope}
        self._ledger.add(COMPONENT, key, live, text=text, metadata=metadata)
        return key

    if TYPE_CHECKING:

        @overload
        def provide_value(self, key: ClassOf[T], value: T) -> type[T]: ...

        @overload
        def provide_value(self, key: Unchecked, value: object) -> Unchecked: ...

    def provide_value(self, key: "Any", value: "Any") -> "Any":
        """Register *value* as the component for *key*, even if it is a class or function.

        Raises:
            HostError: If *key* is not hashable.
        """
        self._ledger.add(COMPONENT, key, value, text=_text(key), metadata=_IS_VALUE)
        return key

    if TYPE_CHECKING:

        @overload
        def decorate(self, key: ClassOf[T], wrapper: Maker[T]) -> None: ...

        @overload
        def decorate(self, key: ClassToMypy | NoClass | Alias, wrapper: Callable[..., Any]) -> None: ...

    def decorate(self, key: "Any", wrapper: "Callable[..., Any]") -> None:
        """Register a decorator: *wrapper* gets the component for *key* and returns what replaces it.

        It wraps the component of any provider, also of one that is registered later. Of several decorators, that of the
        first owner in order is the innermost.

        Args:
            key: The key of the component.
            wrapper: A class or function. Its first parameter is the component; the others are injected.

        Raises:
            HostError: If *key* is not hashable, or *wrapper* cannot be called.
        """
        given: Any = wrapper
        if not callable(given):
            from pegboard.errors import HostError
            from pegboard.foreign_object import repr_of
            from pegboard.injection.keys import show

            raise HostError(f"{repr_of(wrapper)} cannot decorate {show(key)}: it cannot be called")
        self._ledger.add(DECORATOR, key, wrapper, text=_text(key))

    def use(
        self,
        middleware: "Callable[[Any, Callable[..., Any]], Any]",
        *,
        awaited: "Callable[[Any, Callable[..., Any]], Awaitable[Any]] | None" = None,
    ) -> None:
        """Call *middleware* around the making of every component; the first one that is registered is the outermost.

        It is called as `middleware(key, proceed)` each time that a component is made, and returns the component:
        `proceed(key)`, an object of its own, or the component of another key, `proceed(other)`. For a key without a
        provider it is called at each request. It is not called for a component that exists already.

        In `aget`, `proceed(key)` must be awaited or returned. A middleware that uses its result is `async def` and
        works in `aget` only.

        All components that exist are discarded, since they were built without *middleware*.

        Args:
            middleware: The function to call.
            awaited: The function to call in `aget` instead, if *middleware* uses results.
        """
        self._ledger.add(MIDDLEWARE, middleware, (middleware, awaited), text=_text(middleware))

    # -- asking -------------------------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def get(self, key: str) -> Any: ...

        @overload
        def get(self, key: TypeForm[T]) -> T: ...

        @overload
        def get(self, key: object) -> Any: ...

    def get(self, key: "Any") -> "Any":
        """Return the component for *key*; build it, and the components that it needs, if they do not exist.

        A singleton is built once, also if several threads request it.

        Raises:
            MissingDependencyError: If nothing provides *key*, or a component that it needs.
            CircularDependencyError: If the component needs itself.
            AnnotationError: If the annotation of a parameter does not say what it needs.
            ProviderError: If the provider of a plugin failed and there is no other below it.
            ScopeError: If the component belongs to a scope that is not open here.
            AsyncRequiredError: If a provider must be awaited: use `aget`.
        """
        # Inside a provider the long way is taken, so that it is seen what depends on what.
        core = self._core
        if core.seen == self._ledger.generation and core.running.get() is None:
            try:
                return self._cache[key]
            except (KeyError, TypeError):
                pass
        return self._open().get(key)

    if TYPE_CHECKING:

        @overload
        async def aget(self, key: str) -> Any: ...

        @overload
        async def aget(self, key: TypeForm[T]) -> T: ...

        @overload
        async def aget(self, key: object) -> Any: ...

    async def aget(self, key: "Any") -> "Any":
        """Return the component for *key* as `get` does, and await asynchronous providers."""
        return await self._open().aget(key)

    def call(self, function: "Callable[..., T]", /, **given: "Any") -> "T":
        """Call *function* with the components that its annotations name, and return its result.

        Args:
            function: A function, method, class, or other callable object.
            **given: Arguments that are passed as they are, and not injected.

        Raises:
            ContainerError: If a component that it needs cannot be built. Exceptions of *function* are not caught.
        """
        return self._open().call(function, **given)

    def build(self, cls: "Callable[..., T]", /, **given: "Any") -> "T":
        """Return a new instance of *cls*, with its constructor's parameters injected; it needs no provider.

        Args:
            cls: A class or a function. A provider that is registered for it is not used.
            **given: Arguments that are passed as they are, and not injected.
        """
        return self.call(cls, **given)

    if TYPE_CHECKING:

        @overload
        async def acall(self, function: Callable[..., Awaitable[T]], /, **given: Any) -> T: ...

        @overload
        async def acall(self, function: Callable[..., T], /, **given: Any) -> T: ...

    async def acall(self, function: "Callable[..., Any]", /, **given: "Any") -> "Any":
        """Call *function* as `call` does; await the components that it needs, and its result if it is awaitable."""
        return await self._open().acall(function, **given)

    def scope(self, name: str) -> "Scope":
        """Return a new scope, to be entered by `with` or `async with`.

        Components of that scope are built once for it, and cleaned up when it ends. If a plugin's code opens it, it
        ends at the latest when the plugin is unloaded.

        Args:
            name: The name that providers gave as their scope, e.g. `request`.
        """
        from pegboard.injection.scope import new_scope

        self._open()
        opened_by = sys._getframe(1).f_globals.get("__name__", "")
        return new_scope(self._core, name, self._core.root, opened_by)

    if TYPE_CHECKING:

        @overload
        def override(self, key: ClassOf[T], provider: T | Maker[T], *, scope: str | None = None) -> Override: ...

        @overload
        def override(
            self, key: ClassToMypy | NoClass | Alias, provider: object, *, scope: str | None = None
        ) -> Override: ...

    def override(self, key: "Any", provider: "Any", *, scope: "str | None" = None) -> "Override":
        """Return a context manager, for tests, in which *provider* is the only provider of *key*.

        In the block, other providers and decorators of *key* are not used. At the end of the block, components that
        were built from *provider* are cleaned up, and the former components are back. This applies to all threads and
        scopes.

        Args:
            key: The key; it need not have a provider.
            provider: As in `provide`.
            scope: As in `provide`; if it is left out, that of the provider which is overridden.
        """
        from pegboard.injection.override import Override

        self._open()
        return Override(self._core, key, provider, scope)

    vars().update(deferred("pegboard.container_methods.ContainerMethods", "explain reference close aclose"))


def _text(key: "Any") -> str:
    if isinstance(key, type):  # by far the most; `key_text` says the same of them
        return f"{key.__module__}:{key.__qualname__}"
    from pegboard.injection.keys import key_text

    return key_text(key)
