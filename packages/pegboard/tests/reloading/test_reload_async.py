"""Reloading and disabling what has to be awaited."""

from __future__ import annotations

import asyncio

import pytest

PLUGIN = """
    import asyncio
    async def provider():
        yield 'a'
        await asyncio.sleep(0)
        api.log.append('a ends')
    api.provide('a', provider)
    def plain():
        yield 'b'
        api.log.append('b ends')
    api.provide('b', plain)
"""


@pytest.mark.parametrize("how", ["areload", "adisable", "aclose"])
def test_what_is_asynchronous_is_awaited(application, how):
    application.plugin("a", PLUGIN)
    host = application.start()

    async def main():
        await host.container.aget("a")
        await host.container.aget("b")
        await (host.aclose() if how == "aclose" else getattr(host, how)("a"))
        return list(application.log)

    assert asyncio.run(main()) == ["b ends", "a ends"]


@pytest.mark.parametrize("how", ["reload", "disable", "close"])
def test_without_awaiting_it_waits_for_aclose(application, how):
    application.plugin("a", PLUGIN)
    host = application.start()

    async def main():
        await host.container.aget("a")
        await host.container.aget("b")
        host.close() if how == "close" else getattr(host, how)("a")
        before = list(application.log)
        await host.container.aclose()
        return before, application.log

    assert asyncio.run(main()) == (["b ends"], ["b ends", "a ends"])


def test_an_asynchronous_clean_up_has_a_deadline_too(application):
    application.plugin(
        "a",
        """
        import asyncio
        async def provider():
            yield 'a'
            await asyncio.Event().wait()
        api.provide('a', provider)
        api.on_unload(lambda: api.log.append('told'))
        """,
    )
    host = application.start()

    async def main():
        await host.container.aget("a")
        return await host.adisable("a", deadline_s=0.05)

    (fault,) = asyncio.run(main()).faults
    assert fault.what() == "plugin 'a' failed while 'a' was cleaned up"
    assert fault.cause == "it did not end within 0.05 s, and was not waited for any longer"
    assert application.log == ["told"]


def test_what_an_asynchronous_clean_up_raises_names_the_plugin(application):
    application.plugin(
        "a",
        """
        async def provider():
            yield 'a'
            raise TimeoutError('its own')
        api.provide('a', provider)
        """,
    )
    host = application.start()

    async def main():
        await host.container.aget("a")
        return await host.areload("a")

    (fault,) = asyncio.run(main()).faults
    assert fault.cause == "TimeoutError: its own"
    assert "a.py:5" in fault.where()
