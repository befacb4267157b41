"""A TCP proxy in front of Neo4j that breaks a connection between a commit and its answer, or restarts."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

#: The Bolt message COMMIT: a chunk of two bytes, and the end of the message.
COMMIT = b"\x00\x02\xb0\x12\x00\x00"
#: The beginning of the message RUN, after the size of its chunk.
RUN = b"\xb3\x10"
#: The answer to the message after one that fails.
IGNORED = b"\x00\x02\xb0\x7e\x00\x00"
AWAY = 1


@dataclass
class CuttingProxy:
    """Forwards connections to ``port``; the answer to commit number ``cut_at`` (from 1) never arrives.

    At request number ``restart_at`` all connections break, and for ``AWAY`` seconds it accepts none.
    A request that contains ``silent_on`` is not answered, and its connection stays open. The first query is
    refused with the error code ``refuse``.
    """

    port: int
    cut_at: int | None = None
    restart_at: int | None = None
    silent_on: bytes | None = None
    refuse: str | None = None
    commits: int = 0
    requests: int = 0
    clients: list[socket.socket] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    lock: Lock = field(default_factory=Lock)

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = self.listener.accept()
                self.clients.append(client)
                server = socket.create_connection(("127.0.0.1", self.port))
                Thread(target=self._forward_requests, args=(client, server), daemon=True).start()

    def _forward_requests(self, client: socket.socket, server: socket.socket) -> None:
        answers = Thread(target=_forward, args=(server, client), daemon=True)
        answers.start()
        with suppress(OSError):
            while request := client.recv(1 << 16):
                if self._restarts():
                    break
                if self.silent_on is not None and self.silent_on in request:
                    continue
                if self.refuse and RUN in request:
                    client.sendall(_failure(self.refuse) + IGNORED)
                    self.refuse = None
                    continue
                if self._is_cut(request):
                    client.shutdown(socket.SHUT_RDWR)  # the answer to the commit has no receiver
                    server.sendall(request)
                    break
                server.sendall(request)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)
        answers.join()
        client.close()
        server.close()

    def _restarts(self) -> bool:
        """Restart if this request is the one; it does not reach the server."""
        with self.lock:
            self.requests += 1
            if self.requests != self.restart_at:
                return False
            address = self.listener.getsockname()
            for one in (self.listener, *self.clients):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            time.sleep(AWAY)
            self.listener = socket.create_server(address)
            Thread(target=self.serve, daemon=True).start()
            return True

    def _is_cut(self, request: bytes) -> bool:
        with self.lock:
            before = self.commits
            self.commits += request.count(COMMIT)
            return self.cut_at is not None and before < self.cut_at <= self.commits


def _failure(code: str) -> bytes:
    """The message FAILURE, as of Bolt 5.7."""
    fields = {"neo4j_code": code, "message": "as a test", "gql_status": "50N42", "description": "as a test"}
    words = [word for field in fields.items() for word in field]
    body = b"\xb1\x7f" + bytes([0xA0 + len(fields)])
    body += b"".join(b"\xd0" + bytes([len(word)]) + word.encode() for word in words)
    return len(body).to_bytes(2, "big") + body + b"\x00\x00"


def _forward(source: socket.socket, target: socket.socket) -> None:
    reaches_target = True
    with suppress(OSError):
        while data := source.recv(1 << 16):
            if reaches_target:
                try:
                    target.sendall(data)
                except OSError:
                    reaches_target = False  # the server's answers are still read, so that it finishes
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting_proxy(
    port: int,
    *,
    cut_at: int | None = None,
    restart_at: int | None = None,
    silent_on: bytes | None = None,
    refuse: str | None = None,
) -> Iterator[CuttingProxy]:
    """A running proxy in front of the server at ``port``."""
    proxy = CuttingProxy(port, cut_at, restart_at, silent_on, refuse)
    Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.listener.close()
