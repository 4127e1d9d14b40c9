"""How are asynchronous hooks called?"""

import asyncio
import time

import pytest

from pegboard.errors import PluginCallError


def test_implementations_may_be_either_and_come_one_after_the_other(hooked):
    hooked.plugin(
        "a", "import asyncio\n@api.later_suggestions\nasync def its(document): await asyncio.sleep(0); return 'a'"
    )
    hooked.plugin("b", "@api.later_suggestions\ndef its(document): return 'b'")
    hooked.plugin("c", "@api.later_suggestions\nasync def its(document): return None")
    hooks = hooked.start()

    async def main():
        return [await hooks["later_suggestions"]("d"), await hooks["later_suggestions"](document="d")]

    assert asyncio.run(main()) == [["a", "b"]] * 2


def test_the_other_kinds(hooked):
    hooked.plugin(
        "a",
        """
        @api.later_saved
        async def note(document): api.log.append(document)
        @api.later_reader
        async def unable(path) -> None: ...
        @api.later_reader
        async def able(path): return "read " + path
        @api.later_reader
        async def never(path): raise AssertionError
        @api.later_transform
        async def upper(text): return text.upper()
        @api.later_transform
        def end(document, text): return text + document
        """,
    )
    hooks = hooked.start()

    async def main():
        return [
            await hooks["later_saved"]("d"),
            await hooks["later_reader"]("p"),
            await hooks["later_transform"]("t", "d"),
            await hooks["later_reader"].without("a")("p"),
        ]

    result = asyncio.run(main())
    assert hooked.reports == []
    assert result == [None, "read p", "Td", None]
    assert hooked.log == ["d"]
    assert hooked.reports == []


def test_a_concurrent_hook_keeps_the_order_of_results(hooked):
    for name, others in (("a", "b"), ("b", "a")):  # each waits for the other
        hooked.plugin(
            name,
            f"""
            import asyncio
            events = api.__dict__.setdefault("events", {{}})
            @api.at_once
            async def its(document):
                events.setdefault({name!r}, asyncio.Event()).set()
                await events.setdefault({others!r}, asyncio.Event()).wait()
                return {name!r}
            """,
        )
    hooks = hooked.start()
    hooked.host.start()

    async def main():
        async with asyncio.timeout(30):
            return await hooks["at_once"]("d")

    assert asyncio.run(main()) == ["a", "b"]


def test_a_concurrent_hook_contains_or_raises(hooked):
    for hook in ("at_once", "at_once_or_raise"):
        hooked.plugin(f"bad_{hook}", f"@api.{hook}\nasync def its(document): raise ValueError('no')")
        hooked.plugin(f"good_{hook}", f"@api.{hook}\nasync def its(document): return document")
    hooks = hooked.start()
    assert asyncio.run(hooks["at_once"]("d")) == ["d"]
    with pytest.raises(PluginCallError, match="bad_at_once_or_raise"):
        asyncio.run(hooks["at_once_or_raise"]("d"))


@pytest.mark.parametrize("hook", ["later_suggestions", "at_once"])
def test_the_callers_cancellation_passes(hooked, hook):
    hooked.plugin("a", f"import asyncio\n@api.{hook}\nasync def its(document): await asyncio.sleep(3600); return 1")
    hooks = hooked.start()
    hooked.host.start()

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await hooks[hook]("d")
        task = asyncio.ensure_future(hooks[hook]("d"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert hooked.reports == []


@pytest.mark.parametrize("error", ["TimeoutError()", "asyncio.CancelledError()"])
@pytest.mark.parametrize("hook", ["later_suggestions", "at_once"])
def test_a_plugins_own_timeout_or_cancellation_is_its_fault(hooked, hook, error):
    hooked.plugin("bad", f"import asyncio\n@api.{hook}\nasync def its(document): raise {error}")
    hooked.plugin("good", f"@api.{hook}\nasync def its(document): return document")
    hooks = hooked.start()
    assert asyncio.run(hooks[hook]("d")) == ["d"]
    assert [report.plugin for report in hooked.reports] == ["bad"]


@pytest.mark.slow
def test_a_loop_goes_on_while_a_plugin_is_imported(hooked):
    hooked.plugin(
        "a",
        "import sys\nif 'pytest' in sys.modules: api.going_on.wait(30)\n@api.later_suggestions\ndef its(document): return 1",
    )
    hooked.record()
    hooks = hooked.start()
    import threading

    hooked.api.going_on = threading.Event()

    async def main():
        await hooks["later_saved"]("d")
        assert hooked.states() == {"a": "primed"}
        call = asyncio.ensure_future(hooks["later_suggestions"]("d"))
        deadline = time.monotonic() + 30
        while hooked.states() == {"a": "primed"} and not call.done() and time.monotonic() < deadline:
            await asyncio.sleep(0)
            hooked.api.going_on.set()  # which the import waits for: the loop goes on
        return await call

    assert asyncio.run(main()) == [1]


def test_a_wrong_call_is_told_at_once(hooked):
    hooks = hooked.start()
    with pytest.raises(TypeError, match=r"it is async later_suggestions\(document: str\)"):
        hooks["later_suggestions"]()
