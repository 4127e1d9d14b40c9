"""What plugins may add to by type: the container of components, which anybody may override or wrap.

In: providers, decorators and middlewares, as contributions with their owners. Out: components, built from them together
with all that they need.

Hot: plugins register when they are imported, and most starts ask a container for nothing. So registering needs this
module alone. `pegboard.injection` builds; it is imported when something is first asked for.

The latest contribution in the ledger's order serves. When a plugin's cannot, the one below it does, and the user is
told; what the application itself raises passes unchanged.

A chain of dependencies may be as deep as memory allows: depth costs no frames of Python's stack. With middlewares
each level costs three frames and two more for every middleware after the first, so that one middleware allows about
320 levels at Python's default recursion limit of 1000.
"""

import _thread
import sys

from pegboard.ledger import COMPONENT, DECORATOR, MIDDLEWARE, SINGLETON, TRANSIENT

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, Final, TypeVar, overload

    from typing_extensions import TypeForm

    from pegboard._typing import Alias, ClassOf, ClassToMypy, Maker, NoClass
    from pegboard.errors import PegboardError
    from pegboard.injection.core import Core
    from pegboard.injection.explanation import Explanation
    from pegboard.injection.override import Override
    from pegboard.injection.scope import Scope
    from pegboard.ledger import Contribution, Ledger, Plugin

    K = TypeVar("K")
    T = TypeVar("T")
    Unchecked = TypeVar("Unchecked", bound=ClassToMypy | NoClass | Alias)

__all__ = ["SINGLETON", "TRANSIENT", "Container"]

_SAME: "Final" = object()
_IS_VALUE: "Final" = {"is_value": True}

_Namespace: "Any" = type(sys.implementation)  # that is `types.SimpleNamespace`; a class takes longer to make
_UNOPENED: "Any" = _Namespace(seen=-1)
"""Stands for the core of a container that nothing has been asked of: its cache holds for no generation."""


class Container:
    """Components by key: types, `NewType`, generic aliases, `Annotated`, protocols and text.

    `Host.container` makes it. `typing.List[Entry]` and `list[Entry]` are one key. The container can be injected, too,
    under its own class.

    Keys of one container are safe to ask for from any thread and task. A change of providers while the program runs
    takes effect at the next request: what depends on the change is forgotten, and nothing else is.
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
        """What builds components, for reloading; None while nothing has been asked for."""
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
        """Say what *key* stands for. The latest provider of a key serves, by the order of their owners.

        A class, function or method is called, with parameters injected by their annotations; parameters with a
        default are left alone when nobody provides what they ask for. A generator function, or one that
        `contextlib.contextmanager` has decorated, yields the component and cleans up after its yield; both may be
        asynchronous. Anything else is the component itself: text, numbers, instances, partial functions.

        Nothing is called, read or imported now.

        Args:
            key: What it is asked for by.
            provider: What makes it; *key* itself when left out.
            scope: `SINGLETON` for one instance, `TRANSIENT` for a new one each time, or the name of the scope that
                each instance lives in.

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
        """Say that *key* stands for *value*, also when that is a class or function.

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
        """Let *wrapper* wrap whatever is provided for *key*, by whomever and whenever.

        Several compose: the first in order is the innermost.

        Args:
            key: What is to be wrapped.
            wrapper: A class or function; its first parameter is what was there, the others are injected.

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
        """Let *middleware* stand around the making of every component; the one used first is the outermost.

        It is called as `middleware(key, proceed)` each time that a component has to be made, and returns it:
        `proceed(key)`, something of its own, or what another key stands for by `proceed(other)`. What it returns for
        a key that nobody provides is asked for anew each time. Components that are there already are not made, and
        no middleware is called for them.

        Under `aget`, `proceed(key)` has to be awaited or returned; a middleware that looks at its result is `async
        def` and works there only.

        All that has been built so far is forgotten, since it was built without *middleware*.

        Args:
            middleware: What stands around.
            awaited: What does the same under `aget`, when *middleware* looks at results.
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
        """Return the component for *key*, built if need be together with all it needs.

        Singletons are built once, also when several threads ask. One that is there already is returned without
        another look at plugins or middlewares.

        Raises:
            MissingDependencyError: If nothing provides *key*, or something that it needs.
            CircularDependencyError: If it needs itself.
            AnnotationError: If it cannot be seen from an annotation what a parameter needs.
            ProviderError: If a plugin's provider failed and there is none below it.
            ScopeError: If it belongs to a scope that is not open here.
            AsyncRequiredError: If it has to be awaited: use `aget`.
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
        """Return the component for *key* as `get` does, awaiting the providers that are asynchronous."""
        return await self._open().aget(key)

    def call(self, function: "Callable[..., T]", /, **given: "Any") -> "T":
        """Return what *function* returns when it is called with what its annotations ask for.

        Args:
            function: A function, method, class, or object that can be called.
            **given: Arguments that are not to be injected.

        Raises:
            ContainerError: If something that it needs cannot be built. What *function* itself raises passes unchanged.
        """
        return self._open().call(function, **given)

    def build(self, cls: "Callable[..., T]", /, **given: "Any") -> "T":
        """Return a new *cls*, made with what its constructor's annotations ask for; nobody needs to provide it.

        Args:
            cls: A class or a function; what is provided under it as a key does not matter.
            **given: Arguments that are not to be injected.
        """
        return self.call(cls, **given)

    if TYPE_CHECKING:

        @overload
        async def acall(self, function: Callable[..., Awaitable[T]], /, **given: Any) -> T: ...

        @overload
        async def acall(self, function: Callable[..., T], /, **given: Any) -> T: ...

    async def acall(self, function: "Callable[..., Any]", /, **given: "Any") -> "Any":
        """Return what *function* returns as `call` does, awaiting what it needs and what it is itself."""
        return await self._open().acall(function, **given)

    def scope(self, name: str) -> "Scope":
        """Return a new scope, to be entered by `with` or `async with`.

        Components of that scope are built once for it, and cleaned up when it ends; at the latest when the plugin
        whose code asks for it is unloaded.

        Args:
            name: What providers say that belong to it, e.g. `request`.
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
        """Return a context manager, for tests, in which *provider* stands for *key* and everything around it.

        In the block *provider* serves alone, decorators left out. At its end, what was built from it is cleaned up
        and forgotten, and what was there before is back. It counts for all threads and scopes.

        Args:
            key: What is overridden; it need not be provided by anybody.
            provider: As in `provide`.
            scope: As in `provide`; when left out, that of the provider which is overridden.
        """
        from pegboard.injection.override import Override

        self._open()
        return Override(self._core, key, provider, scope)

    def explain(self, key: "Any") -> "Explanation":
        """Return who provides *key*, whom that overrides and why, and what is connected with it; imports no plugin."""
        from pegboard.injection.explanation import explain

        self._open()
        self._ready()
        return explain(self._core, key)

    # -- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every scope that is open, and clean up all singletons, the last built first.

        The container begins anew afterwards: what is asked for is built again.

        Raises:
            AsyncRequiredError: If something has to be awaited for it; use `aclose`. Nothing is cleaned up then.
            ExceptionGroup: Of what was raised in the course of it; everything has been cleaned up that could be.
        """
        self._open().close()

    async def aclose(self) -> None:
        """Do what `close` does, awaiting what is asynchronous."""
        await self._open().aclose()


def _text(key: "Any") -> str:
    if isinstance(key, type):  # by far the most; `key_text` says the same of them
        return f"{key.__module__}:{key.__qualname__}"
    from pegboard.injection.keys import key_text

    return key_text(key)
