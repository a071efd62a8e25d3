"""A TCP proxy before PostgreSQL that cuts, swallows and loses what it should pass on."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_COMMITTED = b"COMMIT\x00"
"""The tag with which the server answers a COMMIT."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""

Result = TypeVar("Result")
Target = Path | tuple[str, int]
"""The socket that a server listens on, or its host and port."""


@dataclass(eq=False)
class _Link:
    """One client, and its connection to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    swallowed: bool = False
    """Nothing passes any more, and neither end is told."""

    def cut(self) -> None:
        for end in (self.client, self.server):
            if end is None:
                continue
            found = end.get_extra_info("socket")
            # One that is closed already has no descriptor.
            if found is not None and found.fileno() >= 0 and found.family == socket.AF_INET:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()


class Proxy:
    """In a thread of its own. Without a ``target`` whoever comes is cut."""

    def __init__(self, target: Target | None) -> None:
        self.target = target
        self.lost = 0
        """Answers to COMMIT that were kept from their client."""
        self._to_lose = 0
        self._closed = self._swallowing = False
        self._links: set[_Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._here(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def lead_to(self, target: Target | None) -> None:
        """New connections go there; the old ones are cut."""
        self.target = target
        self.reset()

    def reset(self) -> None:
        self._call(lambda: [link.cut() for link in list(self._links)])

    def close(self) -> None:
        """Cuts all connections, and new ones as soon as they are made, until ``restore``."""
        self._closed = True
        self.reset()

    def swallow(self) -> None:
        """A black hole: what stands passes nothing ever again, what is new is accepted and passes nothing."""

        def begin() -> None:
            self._swallowing = True
            for link in self._links:
                link.swallowed = True

        self._call(begin)

    def restore(self) -> None:
        """New connections pass again; those that were swallowed stay so, as after a firewall's restart."""
        self._closed = self._swallowing = False

    def lose_answers(self, number: int) -> None:
        """So many of the next answers to COMMIT never arrive: their connections are cut instead."""
        self._to_lose = number

    def stop(self) -> None:
        self.close()
        self._here(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _end(self) -> None:
        self._server.close()
        await asyncio.gather(*self._serving)  # each notices that it was cut

    def _here(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _call(self, work: Callable[[], Any]) -> None:
        async def once() -> None:
            work()

        self._here(once())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer, swallowed=self._swallowing)
        self._links.add(link)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        ways = []
        try:
            if link.swallowed:
                ways = [self._to_server(link, reader)]
            elif self.target is not None and not self._closed:
                from_server, link.server = await _connected(self.target)
                ways = [self._to_server(link, reader), self._to_client(link, from_server)]
            tasks = [asyncio.create_task(way) for way in ways]
            if tasks:
                _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in left:
                    task.cancel()
        except OSError:  # the server is not there
            pass
        finally:
            link.cut()
            self._links.discard(link)

    async def _to_server(self, link: _Link, reader: asyncio.StreamReader) -> None:
        """Until the client ends it: one that has given up a swallowed connection, too."""
        try:
            while data := await reader.read(65536):
                if link.server is not None and not link.swallowed:
                    link.server.write(data)
                    await link.server.drain()
        except OSError:
            pass

    async def _to_client(self, link: _Link, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(65536):
                if link.swallowed:
                    continue
                if self._to_lose and _COMMITTED in data:
                    self._to_lose -= 1
                    self.lost += 1
                    return
                link.client.write(data)
                await link.client.drain()
        except OSError:
            pass
        if link.swallowed:  # nor is the client told that the server has ended it
            await asyncio.Event().wait()


async def _connected(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, Path):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection(*target)


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the server of an address, and the address that goes through it."""
    parts = conninfo_to_dict(url)
    host, port = str(parts.get("host") or "127.0.0.1"), int(parts.get("port") or 5432)
    proxy = Proxy(Path(host, f".s.PGSQL.{port}") if host.startswith("/") else (host, port))
    try:
        yield proxy, make_conninfo(url, host="127.0.0.1", port=str(proxy.port))
    finally:
        proxy.stop()
