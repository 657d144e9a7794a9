"""A W&B server on loopback: enough of its protocol for online runs, ``wandb sync`` and ``wandb.Api`` of wandb 0.31.

It proves what our side sends and survives, not how W&B itself behaves; :meth:`FakeWandb.fail` orders failures.
"""

import base64
import gzip
import http.server
import json
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.fake_wandb_state import FakeState, Json


@dataclass
class Failure:
    """An answer instead of the right one; status 0 breaks the connection, 200 only delays by ``seconds``."""

    match: str
    status: int
    times: int
    seconds: float


class FakeWandb(FakeState):
    """The server; ``with FakeWandb() as server`` starts it on a free port and stops it.

    Attributes:
        runs: by ``entity/project/id``.
        artifacts: by their number, with ``name``, ``aliases``, ``state`` and ``files``.
        asked: names of all requests.
        lost_iterations: rows of these iterations are acknowledged and dropped.
    """

    key = "0123456789" * 4

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.failures: list[Failure] = []
        self.lock = threading.RLock()
        self.connections: set[socket.socket] = set()
        self.port = 0
        self.start()

    # Life

    def start(self) -> None:
        """Opens the port, the same one after :meth:`stop`."""
        self.server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Is down: the port is closed, open connections break, the state stays."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            except OSError:
                pass

    def __enter__(self) -> "FakeWandb":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": self.key, "NO_PROXY": "127.0.0.1"}

    def fail(self, match: str, status: int = 500, times: int = -1, seconds: float = 0.0) -> None:
        """Lets requests whose operation or path contains ``match`` fail so many times; -1 is for ever."""
        self.failures.append(Failure(match, status, times, seconds))

    # Requests

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path = request.path
        query = json.loads(body) if path == "/graphql" else {}
        named = re.search(r"(?:query|mutation)\s+(\w+)", query.get("query", ""))
        operation = query.get("operationName") or (named[1] if named else path)
        if (failure := self._next_failure(operation, path)) is not None:
            time.sleep(failure.seconds)
            if failure.status == 0:
                request.close_connection = True
                return
            if failure.status != 200:
                _reply(request, failure.status, {"error": "as ordered"})
                return
        if path.startswith(("/graphql", "/files/")) and _given_key(request) != self.key:
            _reply(request, 401, {"errors": [{"message": "user is not logged in"}]})
            return
        with self.lock:
            _reply(request, *self._route(request.command, path, operation, query.get("variables") or {}, body))

    def _next_failure(self, operation: str, path: str) -> Failure | None:
        with self.lock:
            self.asked.append(operation)
            for failure in self.failures:
                if failure.times and (failure.match in operation or failure.match in path):
                    failure.times -= failure.times > 0
                    return failure
        return None

    def _route(self, method: str, path: str, operation: str, variables: Json, body: bytes) -> tuple[int, Json | bytes]:
        if path == "/graphql":
            return 200, self.graphql(operation, variables)
        if stream := re.fullmatch(r"/files/([^/]*)/([^/]*)/([^/]*)/file_stream", path):
            return 200, self.stream(self.run(*map(unquote, stream.groups())), json.loads(body))
        if path.startswith("/storage/"):
            return self.store(method, unquote(path.removeprefix("/storage/")), body)
        return 200, {}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no error."""


def _handler(fake: FakeWandb) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

        def setup(self) -> None:
            super().setup()
            fake.connections.add(self.connection)

        def finish(self) -> None:
            fake.connections.discard(self.connection)
            super().finish()

        def answer(self) -> None:
            fake.answer(self)

        do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - as http.server calls them

    return Handler


def _reply(request: http.server.BaseHTTPRequestHandler, status: int, content: Json | bytes) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _given_key(request: http.server.BaseHTTPRequestHandler) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return base64.b64decode(token).decode().partition(":")[2] if kind == "Basic" else token
