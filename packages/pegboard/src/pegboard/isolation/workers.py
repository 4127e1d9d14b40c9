"""Which thread runs what nobody in particular waits for, and which event loop runs coroutines?"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_MOST_THREADS = 64
_IDLE_S = 5.0


class Workers:
    """Threads that are started when there is work for them, and end when there has been none for a while."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._threads = 0
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, job: Callable[[], None]) -> None:
        """Have *job* run soon; it raises nothing."""
        with self._lock:
            self._jobs.put(job)
            if self._is_closed:
                self._jobs.put(None)
            if self._jobs.qsize() <= self._idle or self._threads >= _MOST_THREADS:
                return
            self._threads += 1
        threading.Thread(target=self._work, name=f"pegboard: {self._name}", daemon=True).start()

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return an event loop that runs in a thread of its own."""
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._run_loop, args=(self._loop,), name=f"pegboard: {self._name}", daemon=True
                ).start()
            return self._loop

    def close(self) -> None:
        """Have the threads end when they have done what they are doing."""
        with self._lock:
            self._is_closed = True
            for _ in range(self._threads):
                self._jobs.put(None)
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            try:
                job = self._jobs.get(timeout=_IDLE_S)
            except Empty:
                job = None
            with self._lock:
                self._idle -= 1
                if job is None and (self._is_closed or self._jobs.empty()):
                    self._threads -= 1
                    return
            if job is not None:
                job()
            del job

    @staticmethod
    def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        finally:
            loop.close()
