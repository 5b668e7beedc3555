"""Web servers on loopback, well-behaved and hostile ones, and who asks them."""

import atexit
import contextlib
import datetime as dt
import functools
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sourcing import NOW

from feeder import sources
from feeder.config import Fetch, Source
from feeder.errors import SourceError
from feeder.model import RawPage, Refusal
from feeder.store import Store

Answer = tuple[int, dict[str, str], bytes]
Deed = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """A real server; `answers` maps a path to what is said there."""

    def __init__(self, host: str = "127.0.0.1", *, context=None) -> None:
        self.answers: dict[str, Answer | Deed] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        """What was asked for, robots.txt left out, and the headers."""
        self.robots_requests = 0
        self.connections = 0
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                web.connections += 1
                super().setup()

            def do_GET(self) -> None:
                web.answer(self)

            do_CONNECT = do_GET  # noqa: N815

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:  # the client hung up, as it should
                pass

        self._server = Server((host, 0), Handler)
        scheme = "http"
        if context is not None:
            scheme = "https"
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/robots.txt"):
            self.robots_requests += 1
        else:
            self.requests.append((handler.path, dict(handler.headers)))
        answer = self.answers.get(handler.path, (404, {}, b""))
        if callable(answer):
            answer(handler)
            return
        status, headers, body = answer
        handler.send_response_only(status)
        lengths = {} if status == 304 else {"Content-Length": str(len(body))}
        for key, value in {**lengths, **headers}.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(body)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def page(self, path: str, text: str = "page", *, etag: str = '"v1"') -> None:
        """Put a page there that knows its ETag, as a static server's does."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            is_known = handler.headers.get("If-None-Match") == etag
            body = b"" if is_known else text.encode()
            handler.send_response_only(304 if is_known else 200)
            handler.send_header("ETag", etag)
            if not is_known:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class RawServer:
    """Says to each that connects what `talk` says on the bare socket."""

    def __init__(self, talk: Callable[["Talk"], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.over = threading.Event()
        """Set when the test is over: whoever hangs may end."""
        self._talk = talk
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,)))
            self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._talk(Talk(connection, self.over))

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


class Talk:
    """One connection to a raw server."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self._connection = connection
        self.over = over
        self.received = b""

    def hear(self) -> bytes:
        """The request's head."""
        while b"\r\n\r\n" not in self.received:
            part = self._connection.recv(65536)
            if not part:
                break
            self.received += part
        return self.received

    def say(self, *lines: str, body: bytes = b"") -> None:
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def hang(self, seconds: float = 30) -> None:
        self.over.wait(seconds)


class Reader:
    """Scans sources and remembers what it was given, as ingest does."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def scan(
        self, source: Source, *, now: dt.datetime = NOW, fetch: Fetch | None = None
    ) -> tuple[list[RawPage | Refusal], SourceError | None]:
        """What the scan brought, and how it ended."""
        found = []
        fetch = fetch or Fetch(gap_seconds=0)
        try:
            for one in sources.scan(source, ledger=self.store.ledger, now=now, fetch=fetch):
                found.append(one)
                reason = one.reason if isinstance(one, Refusal) else None
                with self.store.transaction():
                    self.store.record_document(
                        source.label, one.name, one.validator, reason=reason, now=now
                    )
        except SourceError as error:
            return found, error
        return found, None

    def know(self, source: Source, name: str, validator: str) -> None:
        """As if the page had been dealt with under the validator."""
        with self.store.transaction():
            self.store.record_document(source.label, name, validator, reason=None, now=NOW)

    def names(self, source: Source, *, now: dt.datetime = NOW) -> list[str]:
        """Names of what a scan brought that failed nowhere."""
        found, error = self.scan(source, now=now)
        assert error is None
        return [one.name for one in found]

    def failure(self, source: Source) -> SourceError:
        """How a scan failed that brought nothing."""
        found, error = self.scan(source)
        assert found == []
        assert error is not None
        assert "\n" not in str(error)
        assert len(str(error)) < 400
        return error


@functools.cache
def _store() -> Store:
    store = Store(Path(":memory:"))
    atexit.register(store.close)
    return store


def reader() -> Reader:
    """A reader that remembers nothing; the store under it is made once, for that takes 50 ms."""
    store = _store()
    for table in ("documents", "answers"):
        store.ledger._write(f"delete from {table}")
    return Reader(store)
