"""What stands in the application for the contributions of another process."""

import asyncio
import inspect

from pegboard.isolation.stand_in import stand_in_for

PARAMETERS = [
    {"name": "text", "kind": "POSITIONAL_OR_KEYWORD", "has_default": False, "annotation": "str"},
    {"name": "times", "kind": "KEYWORD_ONLY", "has_default": True, "default": 1, "annotation": "int"},
    {"name": "ink", "kind": "KEYWORD_ONLY", "has_default": True, "annotation": ""},
]


class Fake:
    """Returns what it is called with, as the process of a plugin would."""

    def call(self, kind, text, args, kwargs, *, method=""):
        answer = [kind, text, args, kwargs, method]
        return iter(answer) if text == "stream" else answer

    async def acall(self, kind, text, args, kwargs, *, method=""):
        answer = [kind, text, args, kwargs, method]

        async def stream():
            for each in answer:
                yield each

        return stream() if text == "stream" else answer


def made(text="html", **about):
    row = {"kind": "exporters", "text": text, "is_callable": True, "parameters": PARAMETERS, "name": "export"}
    return stand_in_for({**row, **about}, Fake(), "notes.plugins.html")


def test_a_function_has_name_signature_and_module_of_the_plugins():
    function = made(doc="Export.", qualname="Html.export")
    assert str(inspect.signature(function)) == "(text: 'str', *, times: 'int' = 1, ink=Ellipsis)"
    assert (function.__name__, function.__qualname__, function.__doc__) == ("export", "Html.export", "Export.")
    assert function.__module__ == function.__globals__["__name__"] == "notes.plugins.html"
    assert function("a", times=2) == ["exporters", "html", ("a",), {"times": 2}, ""]


def test_each_kind_of_function_is_of_that_kind():
    assert not inspect.iscoroutinefunction(made())
    generator = made("stream", is_generator=True)
    assert inspect.isgeneratorfunction(generator)
    assert next(generator("a")) == "exporters"
    coroutine = made(is_async=True)
    assert inspect.iscoroutinefunction(coroutine)
    assert asyncio.run(coroutine("a"))[2] == ("a",)
    stream = made("stream", is_async_generator=True)
    assert inspect.isasyncgenfunction(stream)

    async def first():
        return await anext(stream("a"))

    assert asyncio.run(first()) == "exporters"


def test_an_object_has_the_methods_and_data_is_data():
    method = {"is_callable": True, "parameters": PARAMETERS}
    row = {"kind": "readers", "text": "csv", "is_callable": False, "methods": {"read": method}}
    thing = stand_in_for(row, Fake(), "notes.plugins.csv")
    assert thing.read("a", ink="red") == ["readers", "csv", ("a",), {"ink": "red"}, "read"]
    assert not hasattr(thing, "write")
    assert "csv" in repr(thing)
    assert stand_in_for({"kind": "themes", "text": "a", "is_callable": False, "value": [1]}, Fake(), "m") == [1]
