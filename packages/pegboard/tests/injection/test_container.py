"""Keys, providers, parameters and middlewares."""

import asyncio
import contextlib
import dataclasses
import functools
import subprocess
import sys
import types
import typing
from typing import Annotated, Any, Generic, List, Literal, NamedTuple, NewType, Optional, Protocol, TypeVar, Union  # noqa: UP035

import pytest

from pegboard.container import SINGLETON, TRANSIENT, Container
from pegboard.errors import AnnotationError, HostError, MissingDependencyError
from pegboard.injection.keys import key_text, normal, show

Now = NewType("Now", int)
Other = NewType("Now", int)  # noqa: PLC0132 -- two of one name are two keys
X = TypeVar("X")


class Clock:
    pass


class Entry:
    pass


class Box(Generic[X]):
    pass


class Proto(Protocol):
    def run(self) -> int: ...


def module(source, **names):
    """Return the names of a module made of *source*, as if it had been imported."""
    made = types.ModuleType(f"made_{abs(hash(source))}")
    made.__dict__.update(names)
    sys.modules[made.__name__] = made
    exec(compile(source, made.__name__, "exec", dont_inherit=True), made.__dict__)
    return made


def numbered(*cases):
    """Return *cases* for parametrize, told apart by number: many types have one name."""
    return [pytest.param(*(case if type(case) is tuple else (case,)), id=f"case{n}") for n, case in enumerate(cases)]


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    numbered(
        (List[Entry], list[Entry]),  # noqa: UP006
        (typing.Dict[str, List[Entry]], dict[str, list[Entry]]),  # noqa: UP006
        (Union[int, str], str | int),  # noqa: UP007
        (Optional[Entry], None | Entry),  # noqa: UP045
        (list[int | str], List[Union[str, int]]),  # noqa: UP006, UP007
        (Annotated[List[Entry], "a"], Annotated[list[Entry], "a"]),  # noqa: UP006
        (typing.Callable[[int], str], __import__("collections").abc.Callable[[int], str]),
        (typing.Type[Entry], type[Entry]),  # noqa: UP006
        (List, list),  # noqa: UP006
        (Union[List[int], list[int]], list[int]),  # noqa: UP006, UP007
    ),
)
def test_two_spellings_of_one_type_are_one_key(container, one, other):
    assert normal(one) == normal(other)
    assert key_text(one) == key_text(other)
    container.provide_value(one, "value")
    assert container.get(other) == "value"
    assert container.get(one) == "value"


@pytest.mark.parametrize(
    ("one", "other"),
    numbered(
        (list[int], list[str]),
        (Annotated[Entry, "a"], Annotated[Entry, "b"]),
        (Annotated[Entry, "a"], Entry),
        (Now, Other),
        (Now, int),
        (int | None, int),
        ("Clock", Clock),
        (Box[int], Box[str]),
        (Literal["a"], Literal["b"]),
        (Box, Box[int]),
    ),
)
def test_different_types_are_different_keys(container, one, other):
    container.provide_value(one, 1)
    with pytest.raises(MissingDependencyError):
        container.get(other)


def test_a_type_alias_is_what_it_stands_for(container):
    if sys.version_info >= (3, 12):
        alias = module("type Entries = list[int]\n").Entries
    else:
        alias = list[int]  # there is no such thing yet
    container.provide_value(alias, "value")
    assert container.get(list[int]) == "value"


def test_every_kind_of_key_can_be_provided_and_asked_for(container):
    keys = [Clock, Now, list[Entry], Annotated[Entry, "a"], "text", Box[int], int | str, ("a", 1), None]
    for place, key in enumerate(keys):
        container.provide_value(key, place)
    assert [container.get(key) for key in keys] == list(range(len(keys)))
    runner = types.SimpleNamespace(run=int)
    container.provide_value(Proto, runner)
    assert container.get(Proto) is runner


def test_a_subclass_does_not_provide_its_base(container):
    class Special(Clock):
        pass

    container.provide(Special)
    with pytest.raises(MissingDependencyError):
        container.get(Clock)


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    numbered(
        (Clock, f"{__name__}:Clock", "Clock"),
        (List[Entry], f"builtins:list[{__name__}:Entry]", "list[Entry]"),  # noqa: UP006
        ("text", "'text'", "'text'"),
        (Now, f"{__name__}:Now", "Now"),
        (Annotated[Entry, "a"], f"Annotated[{__name__}:Entry, 'a']", "Annotated[Entry, 'a']"),
        (Entry | None, f"builtins:NoneType | {__name__}:Entry", "Entry | None"),
        (tuple[int, ...], "builtins:tuple[builtins:int, ...]", "tuple[int, ...]"),
    ),
)
def test_a_key_has_a_stable_text_and_a_short_one(key, text, shown):
    assert key_text(key) == text
    assert show(key) == shown


@pytest.mark.parametrize("use", ["provide", "provide_value", "decorate", "get"])
def test_a_key_that_is_not_hashable_is_refused_with_advice(container, use):
    arguments = ([],) if use == "get" else ([], print)
    with pytest.raises(HostError, match="not hashable"):
        getattr(container, use)(*arguments)


# -- providers --------------------------------------------------------------------------------------------------------


def test_a_class_is_built_once_and_kept(container):
    container.provide(Clock)
    assert isinstance(container.get(Clock), Clock)
    assert container.get(Clock) is container.get(Clock)


def test_a_value_of_none_is_kept_too(container):
    calls = []
    container.provide(Clock, lambda: calls.append(1))
    assert container.get(Clock) is None
    assert container.get(Clock) is None
    assert calls == [1]


def test_a_class_under_two_keys_has_two_instances(container):
    container.provide(Clock)
    container.provide("clock", Clock)
    assert container.get("clock") is not container.get(Clock)


class Tools:
    def method(self, clock: Clock):
        return "method", clock

    @staticmethod
    def static(clock: Clock):
        return "static", clock

    @classmethod
    def of_class(cls, clock: Clock):
        return "class", clock


@pytest.mark.parametrize(
    ("provider", "name"),
    numbered(
        (Tools().method, "method"),
        (Tools.static, "static"),
        (Tools.__dict__["static"], "static"),
        (Tools.of_class, "class"),
        (lambda: ("lambda", None), "lambda"),
    ),
)
def test_functions_and_methods_are_called_with_what_they_need(container, provider, name):
    container.provide(Clock)
    container.provide("it", provider)
    made, clock = container.get("it")
    assert made == name
    assert clock is None or clock is container.get(Clock)


class CallMe:
    def __call__(self):
        raise AssertionError


@pytest.mark.parametrize(
    "value",
    numbered(CallMe(), "text", "os:path", 3.5, [1], functools.partial(int, "3"), list[int], len, sys.stdout, None),
)
def test_anything_else_is_the_value_itself(container, value):
    container.provide("it", value)
    assert container.get("it") is value


@pytest.mark.parametrize("value", numbered(Clock, print, lambda: 3, Tools().method))
def test_provide_value_keeps_classes_and_functions_as_they_are(container, value):
    container.provide_value("it", value)
    assert container.get("it") is value


def test_provide_reads_no_annotation_and_calls_nothing(container):
    class Explosive:
        @property
        def __annotations__(self):
            raise AssertionError

    made = module(
        "def make(x: 1 / 0): return x\n" if sys.version_info >= (3, 14) else "def make(x: '1 / 0'): return x\n"
    )
    container.provide("it", made.make)
    container.provide(Explosive, Explosive())
    with pytest.raises(AnnotationError, match="ZeroDivisionError"):
        container.get("it")


def test_provide_decorates_a_class(container):
    @container.provide
    class Mine:
        pass

    assert isinstance(container.get(Mine), Mine)


def test_transient_components_are_new_each_time(container):
    container.provide(Clock, scope=TRANSIENT)
    assert container.get(Clock) is not container.get(Clock)


def test_the_container_provides_itself(container):
    def make(asked: Container):
        return asked

    assert container.get(Container) is container
    assert container.call(make) is container


def test_ready_is_called_before_the_first_read(bench):
    bench.container.provide(Clock)
    assert bench.readied == 0
    bench.container.get(Clock)
    assert bench.readied == 1


def test_a_failing_factory_is_tried_again(container):
    outcomes = [ValueError("first"), None]

    def make():
        if outcome := outcomes.pop(0):
            raise outcome
        return "made"

    container.provide("it", make)
    with pytest.raises(ValueError, match="first"):
        container.get("it")
    assert container.get("it") == "made"


@pytest.mark.parametrize(
    "error", [StopIteration, StopAsyncIteration, KeyError, RecursionError, SystemExit, GeneratorExit]
)
def test_whatever_the_application_raises_passes_unchanged(container, error):
    problem = error("why")

    def make():
        raise problem

    def outer(it: "it"):  # noqa: F821
        raise AssertionError

    container.provide("it", make)
    container.provide("outer", outer)
    with pytest.raises(error) as caught:
        container.get("outer")
    assert caught.value is problem


def test_what_the_application_raises_says_what_was_being_built(container):
    def make():
        raise ValueError("why")

    class Page:
        def __init__(self, clock: Clock):
            pass

    container.provide(Clock, make)
    container.provide(Page)
    with pytest.raises(ValueError, match="why") as caught:
        container.get(Page)
    (note,) = caught.value.__notes__
    assert "needed as 'clock' by Page" in note
    assert "from the application" in note


# -- parameters -------------------------------------------------------------------------------------------------------


def test_defaults_that_nobody_provides_are_left_alone(container):
    def make(a: int = 1, b: Clock = None, /, c: str = "c", *, d: float = 2.5):
        return a, b, c, d

    container.provide("it", make)
    assert container.get("it") == (1, None, "c", 2.5)


def test_defaults_give_way_to_what_is_provided(container):
    def make(a: int = 1, b: Clock = None, /, c: str = "c", *, d: float = 2.5):
        return a, b, c, d

    container.provide(Clock)
    container.provide_value(str, "given")
    container.provide_value(float, 9.5)
    assert container.call(make) == (1, container.get(Clock), "given", 9.5)


def test_args_and_kwargs_are_ignored(container):
    def make(clock: Clock, *args: int, last: str, **kwargs: int):
        return clock, args, last, kwargs

    container.provide(Clock)
    container.provide_value(str, "last")
    assert container.call(make) == (container.get(Clock), (), "last", {})


def test_a_keyword_only_parameter_that_nobody_provides_is_an_error(container):
    def make(*, clock: Clock):
        return clock

    with pytest.raises(MissingDependencyError, match="Clock"):
        container.call(make)


@pytest.mark.parametrize(
    "annotation",
    numbered(Optional[Clock], Clock | None, "Clock | None", Optional["Clock"], "Optional[Clock]"),  # noqa: UP045
)
def test_an_optional_parameter_falls_back_to_the_key_inside(container, annotation):
    def make(clock=None):
        return clock

    make.__annotations__ = {"clock": annotation}
    assert container.call(make) is None
    container.provide(Clock)
    assert container.call(make) is container.get(Clock)


def test_an_optional_key_of_its_own_goes_first(container):
    def make(clock: Clock | None = None):
        return clock

    container.provide(Clock)
    container.provide_value(Clock | None, "own")
    assert container.call(make) == "own"


def test_a_parameter_without_annotation_is_an_error_that_names_it(container):
    def make(clock):
        return clock

    with pytest.raises(AnnotationError, match=r"parameter 'clock' of .*make"):
        container.call(make)


def test_a_parameter_without_annotation_but_with_default_is_left_alone(container):
    assert container.call(lambda clock=3: clock) == 3


def test_annotations_as_text_are_evaluated_where_they_were_written(container):
    made = module(
        "from __future__ import annotations\n"
        "import typing\n"
        "class Inner: pass\n"
        "def make(a: Inner, b: typing.List[Inner], c: 'Inner', d: typing.Optional['Inner'] = None): return a, b, c, d\n"
    )
    container.provide(made.Inner)
    container.provide_value(list[made.Inner], "list")
    inner = container.get(made.Inner)
    assert container.call(made.make) == (inner, "list", inner, inner)


def test_a_name_in_quotes_inside_an_annotation_is_found(container):
    made = module(
        "from typing import List\nclass Inner: pass\ndef make(a: List['Inner'], b: list['Inner']): return a, b\n"
    )
    container.provide_value(list[made.Inner], "list")
    assert container.call(made.make) == ("list", "list")


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_a_text_in_quotes_that_is_provided_is_that_key(container, future):
    made = module(future + "def make(port: 'http.port'): return port\n")
    container.provide_value("http.port", 80)
    assert container.call(made.make) == 80


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_a_name_for_type_checkers_only_spoils_one_parameter(container, future):
    made = module(
        future + "TYPE_CHECKING = False\n"
        "if TYPE_CHECKING:\n    from nowhere import Absent\n"
        "class Inner: pass\n"
        "def fine(a: 'Inner', b: 'Absent' = 3): return a, b\n"
        "def bad(a: 'Inner', b: 'Absent'): return a, b\n"
    )
    container.provide(made.Inner)
    assert container.call(made.fine) == (container.get(made.Inner), 3)
    with pytest.raises(AnnotationError, match=r"parameter 'b' of .*bad.*(\n.*)*NameError: name 'Absent'"):
        container.call(made.bad)


@pytest.mark.parametrize("annotation", ["Optional['Absent']", "List['Absent']", "Clock | Absent"])
def test_an_unknown_name_inside_an_annotation_is_an_error_as_well(container, annotation):
    made = module(f"from typing import List, Optional\nclass Clock: pass\ndef make(a: {annotation!r}): pass\n")
    with pytest.raises(AnnotationError, match="Absent"):
        container.call(made.make)


def test_a_builtin_name_is_found(container):
    made = module("from __future__ import annotations\ndef make(a: int, b: dict[str, int]): return a, b\n")
    container.provide_value(int, 3)
    container.provide_value(dict[str, int], {})
    assert container.call(made.make) == (3, {})


def test_an_annotation_error_names_plugin_and_distribution(bench):
    bench.provide(bench.plugin("p"), Clock, module("def make(a: 'Absent'): pass\n").make)
    with pytest.raises(Exception, match="plugin 'p' of acme-p 1.0") as caught:
        bench.container.get(Clock)
    cause = caught.value.__cause__
    assert isinstance(cause, AnnotationError)
    assert (cause.parameter, cause.distribution) == ("a", "acme-p 1.0")
    assert "plugin 'p' of acme-p 1.0" in str(cause)


def test_annotated_parameters_keep_what_they_are_annotated_with(container):
    def make(a: Annotated[Entry, "a"], b: "Annotated[Entry, 'b']"):
        return a, b

    container.provide_value(Annotated[Entry, "a"], 1)
    container.provide_value(Annotated[Entry, "b"], 2)
    assert container.call(make) == (1, 2)


class Base:
    def __init__(self, clock: Clock):
        self.clock = clock


class Inheriting(Base):
    pass


@dataclasses.dataclass
class Data:
    clock: Clock
    items: list = dataclasses.field(default_factory=list)
    name: str = dataclasses.field(default="n", kw_only=True)


class Named(NamedTuple):
    clock: Clock
    size: int = 3


class Newing:
    def __new__(cls, clock: Clock):
        made = super().__new__(cls)
        made.clock = clock
        return made


class OfProtocol(Proto, Base):
    def run(self) -> int:
        return 1


class Wrapped(Base):
    @functools.wraps(Base.__init__)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


@pytest.mark.parametrize("cls", numbered(Base, Inheriting, Data, Named, Newing, OfProtocol, Wrapped))
def test_constructors_of_every_sort_are_understood(container, cls):
    container.provide(Clock)
    container.provide(cls)
    assert container.get(cls).clock is container.get(Clock)


@pytest.mark.parametrize("cls", numbered(list, object, type("MyText", (str,), {}), type("MyError", (Exception,), {})))
def test_a_class_made_in_c_is_called_without_arguments(container, cls):
    container.provide("it", cls)
    assert type(container.get("it")) is cls


def test_a_dataclass_finds_the_names_of_its_base_in_another_module(container):
    base = module(
        "from __future__ import annotations\nimport dataclasses\nclass Inner: pass\n"
        "@dataclasses.dataclass\nclass Base:\n    inner: Inner\n"
    )
    derived = module(
        "from __future__ import annotations\nimport dataclasses\n"
        "@dataclasses.dataclass\nclass Derived(Base):\n    size: int = 3\n",
        Base=base.Base,
    )
    container.provide(base.Inner)
    made = container.build(derived.Derived)
    assert made.inner is container.get(base.Inner)
    assert made.size == 3


def test_a_named_tuple_of_a_module_with_future_annotations_is_understood(container):
    made = module(
        "from __future__ import annotations\nfrom typing import NamedTuple\nclass Inner: pass\n"
        "class Row(NamedTuple):\n    inner: Inner\n    size: int = 3\n"
    )
    container.provide(made.Inner)
    assert container.build(made.Row) == (container.get(made.Inner), 3)


def test_a_declared_signature_is_believed(container):
    import inspect

    def make(**values):
        return values

    make.__signature__ = inspect.Signature(
        [
            inspect.Parameter("more", inspect.Parameter.VAR_POSITIONAL),
            inspect.Parameter("clock", inspect.Parameter.KEYWORD_ONLY, annotation=Clock),
        ]
    )
    container.provide(Clock)
    assert container.call(make) == {"clock": container.get(Clock)}


# -- call and build ---------------------------------------------------------------------------------------------------


def test_given_arguments_are_not_injected(container):
    def make(a: Absent, /, b: Clock, *, c: str = "c", **more):
        return a, b, c, more

    make.__annotations__["a"] = Entry
    container.provide(Clock)
    assert container.call(make, a=1, c="given", d=4) == (1, container.get(Clock), "given", {"d": 4})


if True:
    Absent = Entry


def test_build_makes_a_new_one_whatever_is_provided(container):
    container.provide(Clock)
    container.provide(Base, lambda: "another")
    assert isinstance(container.build(Base), Base)
    assert container.build(Base) is not container.build(Base)
    assert container.build(Base).clock is container.get(Clock)


def test_call_takes_objects_and_partial_functions(container):
    class Handler:
        def __call__(self, clock: Clock):
            return clock

    def both(clock: Clock, size: int):
        return clock, size

    container.provide(Clock)
    assert container.call(Handler()) is container.get(Clock)
    assert container.call(functools.partial(both, size=3)) == (container.get(Clock), 3)
    assert container.call(dict, a=1) == {"a": 1}


def test_call_returns_generators_and_managers_as_they_are(container):
    def generate(clock: Clock):
        yield clock

    container.provide(Clock)
    assert list(container.call(generate)) == [container.get(Clock)]
    with container.call(contextlib.contextmanager(generate)) as clock:
        assert clock is container.get(Clock)


def test_call_names_what_was_called_when_something_is_missing(container):
    def handler(clock: Clock):
        pass

    with pytest.raises(MissingDependencyError) as caught:
        container.call(handler)
    assert "needed as 'clock' by" in str(caught.value)
    assert "handler" in str(caught.value)


def test_what_the_called_function_raises_passes_without_a_note(container):
    def handler():
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        container.call(handler)
    assert not hasattr(caught.value, "__notes__")


# -- middlewares ------------------------------------------------------------------------------------------------------


def test_the_middleware_used_first_is_the_outermost(container):
    container.provide("it", lambda: ["made"])
    container.use(lambda key, proceed: [*proceed(key), "outer"])
    container.use(lambda key, proceed: [*proceed(key), "inner"])
    assert container.get("it") == ["made", "inner", "outer"]


def test_middlewares_stand_around_each_dependency_and_only_when_it_is_made(container):
    seen = []

    def watch(key, proceed):
        seen.append(key)
        return proceed(key)

    container.provide(Clock)
    container.provide(Base)
    container.use(watch)
    container.get(Base)
    container.get(Base)
    container.get(Clock)
    assert seen == [Base, Clock]


def test_a_middleware_may_answer_alone_also_for_what_nobody_provides(container):
    answers = iter(range(10))
    container.use(lambda key, proceed: next(answers) if key is int else proceed(key))
    container.provide(Clock, lambda number: ("made", number))
    container.provide(Base, lambda size: size)
    assert container.get(int) == 0
    assert container.get(int) == 1

    def make(number: int):
        return number

    assert container.call(make) == 2
    with pytest.raises(MissingDependencyError):
        container.get(str)


def test_a_middleware_may_lead_to_another_key(container):
    container.provide("new", lambda: "new value")
    container.use(lambda key, proceed: proceed("new") if key == "old" else proceed(key))
    assert container.get("old") == "new value"


def test_what_a_middleware_makes_of_a_singleton_is_kept(container):
    container.provide(Clock)
    container.use(lambda key, proceed: (proceed(key),))
    assert container.get(Clock) is container.get(Clock)
    assert isinstance(container.get(Clock)[0], Clock)


def test_a_new_middleware_takes_effect_on_what_was_built(container):
    container.provide_value("it", 1)
    assert container.get("it") == 1
    container.use(lambda key, proceed: proceed(key) + 1)
    assert container.get("it") == 2


def test_a_middleware_that_raises_is_not_hidden(container):
    def refuse(key, proceed):
        raise PermissionError(key)

    container.use(refuse)
    container.provide(Clock)
    with pytest.raises(PermissionError):
        container.get(Clock)


def test_a_middleware_may_swallow_what_a_provider_raises(container):
    def rescue(key, proceed):
        try:
            return proceed(key)
        except ZeroDivisionError:
            return "rescued"

    container.use(rescue)
    container.provide("it", lambda: 1 / 0)
    assert container.get("it") == "rescued"


# -- changes ----------------------------------------------------------------------------------------------------------


def test_a_change_forgets_what_depends_on_it_and_nothing_else(container):
    class Page:
        def __init__(self, base: Base):
            self.base = base

    class Aside:
        def __init__(self, entry: Entry):
            self.entry = entry

    for key in (Clock, Entry, Base, Page, Aside):
        container.provide(key)
    before = {key: container.get(key) for key in (Page, Aside, Entry)}
    container.provide(Clock, lambda: "new clock")
    assert container.get(Page) is not before[Page]
    assert container.get(Page).base.clock == "new clock"
    assert container.get(Aside) is before[Aside]
    assert container.get(Entry) is before[Entry]


def test_what_was_left_to_its_default_is_built_anew_when_that_is_provided(container):
    def make(size: int = 1):
        return [size]

    container.provide("it", make)
    assert container.get("it") == [1]
    container.provide_value(int, 7)
    assert container.get("it") == [7]


def test_a_change_is_seen_through_transients(container):
    container.provide(Clock)
    container.provide(Base, scope=TRANSIENT)

    def make(base: Base):
        return base

    container.provide("it", make)
    first = container.get("it")
    container.provide_value(str, "unrelated")
    assert container.get("it") is first
    container.provide(Clock, lambda: "new")
    assert container.get("it").clock == "new"


def test_what_a_provider_asks_for_itself_counts_as_its_dependency(container):
    container.provide(Clock)
    container.provide("it", lambda: (container.get(Clock),))
    assert container.get("it")[0] is container.get(Clock)
    container.provide(Clock, lambda: "new")
    assert container.get("it") == ("new",)


def test_it_counts_also_when_it_was_there_already(container):
    async def make():
        return [await container.aget(Clock)]

    container.provide(Clock)
    container.provide("it", lambda: [container.get(Clock)])
    container.provide("awaited", make)
    clock = container.get(Clock)
    assert container.get("it") == [clock]
    assert asyncio.run(container.aget("awaited")) == [clock]
    container.provide(Clock, lambda: "new")
    assert container.get("it") == ["new"]
    assert asyncio.run(container.aget("awaited")) == ["new"]


def test_what_a_provider_did_without_counts_as_well(container):
    def make():
        try:
            return container.get(Clock)
        except MissingDependencyError:
            return "none"

    container.provide("it", make)
    assert container.get("it") == "none"
    container.provide(Clock)
    assert isinstance(container.get("it"), Clock)


def test_every_spelling_is_found_at_once_the_second_time(container):
    container.provide_value(list[Entry], "value")
    for key in (list[Entry], List[Entry]):  # noqa: UP006
        container.get(key)
        assert key in container._open()._core.root.cache
    container.provide_value(list[Entry], "new")
    assert container.get(List[Entry]) == "new"  # noqa: UP006
    assert container.get(list[Entry]) == "new"


def test_a_row_of_another_kind_changes_nothing(bench):
    bench.container.provide(Clock)
    clock = bench.container.get(Clock)
    bench.ledger.add("exporters", "csv", object())
    assert bench.container.get(Clock) is clock


def test_a_provider_that_changes_its_own_ground_is_not_kept(container):
    container.provide_value(int, 1)

    def make(size: int):
        container.provide_value(int, size + 1)
        return size

    container.provide("it", make)
    assert container.get("it") == 1
    assert container.get("it") == 2


# -- cost -------------------------------------------------------------------------------------------------------------


def chain(container, length):
    previous = Clock
    container.provide(Clock)
    for place in range(length):

        def __init__(self, inner):
            self.inner = inner

        __init__.__annotations__ = {"inner": previous}
        previous = container.provide(type(f"Link{place}", (), {"__init__": __init__}))
    return previous


def test_a_deep_chain_needs_no_deep_stack(container):
    last = chain(container, 5_000)
    assert sys.getrecursionlimit() <= 1_000
    assert isinstance(container.get(last), last)


def test_a_chain_of_300_is_possible_with_a_middleware(container):
    container.use(lambda key, proceed: proceed(key))
    seen = []

    def run():  # in a thread, where the stack begins
        seen.append(container.get(chain(container, 300)))

    import threading

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen


@pytest.mark.slow
def test_resolving_imports_nothing_of_the_standard_library():
    code = """if True:
        import sys
        before = set(sys.modules)
        from pegboard.container import Container
        from pegboard.ledger import Ledger
        from pegboard.ledger import application
        app = application("app")
        container = Container(Ledger(lambda: (app, False)), live=None, ready=lambda: None, report=print)
        class Clock: pass
        class Page:
            def __init__(self, clock: "Clock", size: int = 3): pass
        container.provide(Clock)
        container.provide(Page)
        container.get(Page)
        print(*sorted(name for name in set(sys.modules) - before if not name.startswith("pegboard")))
    """
    path = {"PYTHONPATH": __import__("os").pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= {"__future__", "_contextvars"}  # the first is empty, the second built in


@pytest.mark.slow
def test_registering_imports_nothing_that_builds_and_a_key_that_one_provides_no_rule():
    code = """if True:
        import sys
        from pegboard.container import Container
        from pegboard.ledger import Ledger, application
        app = application("app")
        ledger = Ledger(lambda: (app, False))
        container = Container(ledger, live=lambda row: row.live, ready=lambda: None, report=print)
        class Clock: pass
        container.provide(Clock)
        container.decorate(Clock, lambda clock: clock)
        print(*sorted(name for name in sys.modules if name.startswith("pegboard")))
        container.get(Clock)
        print("pegboard.precedence" in sys.modules)
    """
    path = {"PYTHONPATH": __import__("os").pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    registering, is_decided = found.stdout.splitlines()
    assert not {name for name in registering.split() if "injection" in name or "precedence" in name}
    assert is_decided == "False"


def test_scope_names_are_the_constants(container):
    assert (SINGLETON, TRANSIENT) == ("singleton", "transient")


_ = Any
