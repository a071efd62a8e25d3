"""A network between the service and PostgreSQL that resets, swallows or leads elsewhere."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum

_PIECE = 65536
# A prepared COMMIT: Parse gives it a name, and Bind names it then.
_PARSED = re.compile(rb"P[\s\S]{4}([^\x00]*)\x00COMMIT\x00")
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER by which close() sends a reset."""


class Network(StrEnum):
    WHOLE = "whole"
    AWAY = "away"
    """Nothing gets through, and nobody is told: bytes wait."""
    LOSES_COMMITS = "loses commits"
    """The next COMMIT arrives; its answer does not, and the connection is reset."""


class Proxy:
    """Listens on ``port`` of 127.0.0.1 and hands every connection on to ``target``, a port there."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.lost_commits = 0
        self._whole = threading.Event()
        self._whole.set()
        self._losing = False
        self._links: set[_Link] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def be(self, network: Network) -> None:
        self._losing = network is Network.LOSES_COMMITS
        if network is Network.AWAY:
            self._whole.clear()
        else:
            self._whole.set()

    def reset(self) -> None:
        """Ends every connection, without a word to either side."""
        with self._lock:
            links, self._links = self._links, set()
        for link in links:
            link.reset()

    def close(self) -> None:
        self._listener.close()
        self.be(Network.WHOLE)
        self.reset()

    def wait_until_whole(self) -> None:
        self._whole.wait()

    def loses(self) -> bool:
        """Whether this COMMIT is the one whose answer is lost."""
        with self._lock:
            losing, self._losing = self._losing, False
            self.lost_commits += losing
        return losing

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self.wait_until_whole()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        link = _Link(self, near, far)
        with self._lock:
            self._links.add(link)
        link.start()


class _Link:
    """One connection: a thread for each direction."""

    def __init__(self, proxy: Proxy, near: socket.socket, far: socket.socket) -> None:
        self._proxy, self._near, self._far = proxy, near, far
        self._commits: set[bytes] = set()
        self._silent = False

    def start(self) -> None:
        for work in (self._there, self._back):
            threading.Thread(target=work, daemon=True).start()

    def reset(self) -> None:
        for side in (self._near, self._far):
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            with suppress(OSError):
                side.shutdown(socket.SHUT_RD)  # wakes the thread that reads
            side.close()

    def _there(self) -> None:
        with suppress(OSError):
            while piece := self._near.recv(_PIECE):
                self._proxy.wait_until_whole()
                if self._is_commit(piece) and self._proxy.loses():
                    self._silent = True
                self._far.sendall(piece)
        self._end()

    def _back(self) -> None:
        with suppress(OSError):
            while piece := self._far.recv(_PIECE):
                self._proxy.wait_until_whole()
                if self._silent:  # PostgreSQL has answered: it is committed, and nobody learns of it
                    break
                self._near.sendall(piece)
        self._end()

    def _end(self) -> None:
        self.reset()

    def _is_commit(self, piece: bytes) -> bool:
        parsed = _PARSED.findall(piece)
        self._commits.update(name for name in parsed if name)
        bound = any(
            re.search(rb"B[\s\S]{4}\x00" + re.escape(name) + rb"\x00", piece) for name in self._commits
        )
        return bool(parsed) or bound or b"Q\x00\x00\x00\x0bCOMMIT\x00" in piece
