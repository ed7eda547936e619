"""A small static web server for `heritage3d serve`: looks at a published tree and shows nothing else.

For the desk and the local network, not for the internet: no encryption, no compression, no log file.
"""

from __future__ import annotations

import mimetypes
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

from heritage3d import errors
from heritage3d.exhibit.compressing import compressed, worth

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".ktx2": "image/ktx2",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".usdz": "model/vnd.usdz+zip",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".xml": "application/xml",
}
# What the page itself asks for in its <meta>, and against framing, which only a header can forbid.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
CHUNK = 1 << 18
IDLE_SECONDS = 30
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class _Span:
    """The bytes of a file that an answer carries."""

    start: int
    stop: int


class Site(ThreadingHTTPServer):
    """The server of one folder. ``address`` is where a browser finds it."""

    daemon_threads = True
    # Elsewhere than on Windows this only forgives a port that was closed a moment ago.
    allow_reuse_address = os.name != "nt"
    request_queue_size = 128

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.root = Path(os.path.realpath(folder))
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    @property
    def address(self) -> str:
        """Where a browser on this computer finds it."""
        host, port = str(self.server_address[0]), int(self.server_address[1])
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  shown, not bound
        return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"

    def server_bind(self) -> None:
        """Bind as the plain TCP server does: HTTPServer would ask the name service, which can hang offline."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a tab in the middle of an answer is nothing to report."""


def site(folder: Path, host: str = "127.0.0.1", port: int = 8000) -> Site:
    """A server for the folder, bound but not yet running; port 0 takes a free one.

    Raises NotAnOutput where there is no such folder, PortInUse where the port cannot be had.
    """
    if not folder.is_dir():
        raise errors.NotAnOutput(file=folder)
    try:
        return Site(folder, host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "it must lie between 0 and 65535"
        raise errors.PortInUse(port=port, detail=reason.lower()) from None


def run(server: Site) -> None:
    """Let a server answer until Ctrl-C, then close it."""
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


@contextmanager
def in_background(folder: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """The folder served in a thread for as long as the block runs."""
    server = site(folder, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"
    server_version = "heritage3d"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self.answer(body=True)

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_OPTIONS(self) -> None:
        """Viewers on other hosts may read everything that is published."""
        self.send_response(HTTPStatus.NO_CONTENT)
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.send_header("Access-Control-Max-Age", "600")
        self.end_headers()

    def answer(self, *, body: bool) -> None:
        path = self.published()
        if path is not None and path.is_dir():
            if not urlsplit(self.path).path.endswith("/"):
                self.redirect(path)
                return
            path = path / "index.html"
        try:
            stream = path.open("rb") if path is not None and path.is_file() else None
        except OSError:
            stream = None
        if path is None or stream is None:
            self.refuse(HTTPStatus.NOT_FOUND, body=body)
            return
        with stream:
            self.send(path, stream, body=body)

    def published(self) -> Path | None:
        """The file or folder that the address names, if it lies in the tree and nothing on the way is hidden."""
        try:
            segments = [unquote(part, errors="strict") for part in urlsplit(self.path).path.split("/") if part]
        except (ValueError, UnicodeDecodeError):
            return None
        if any(part.startswith(".") or set(part) & set('/\\\0:"') for part in segments):
            return None
        root = self.server.root
        try:
            real = Path(os.path.realpath(root.joinpath(*segments)))
            inside = real.relative_to(root).parts  # a link may lead astray
        except (OSError, ValueError):
            return None
        return None if any(part.startswith(".") for part in inside) else real

    def send(self, path: Path, stream: BinaryIO, *, body: bool) -> None:
        status = os.fstat(stream.fileno())
        tag = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
        packed = worth(path, status.st_size, self.headers.get("Accept-Encoding", ""), self.headers.get("Range", ""))
        if packed:
            tag = f'{tag[:-1]}-gzip"'
        known = self.headers.get("If-None-Match", "")
        if known.strip() == "*" or tag in [entry.strip().removeprefix("W/") for entry in known.split(",")]:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        if packed:
            self.send_packed(path, compressed(path, stream.read(), tag), tag, status.st_mtime, body=body)
            return
        span, partial = self.span(status.st_size, tag), False
        if span is None:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{status.st_size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        partial = (span.start, span.stop) != (0, status.st_size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
        if partial:
            self.send_header("Content-Range", f"bytes {span.start}-{span.stop - 1}/{status.st_size}")
        self.send_header("Content-Type", content_type(path))
        self.send_header("Content-Length", str(span.stop - span.start))
        self.send_header("Last-Modified", formatdate(status.st_mtime, usegmt=True))
        self.send_header("ETag", tag)
        self.end_headers()
        if body:
            self.copy(stream, span)

    def send_packed(self, path: Path, content: bytes, tag: str, changed: float, *, body: bool) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", formatdate(changed, usegmt=True))
        self.send_header("ETag", tag)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def span(self, size: int, tag: str) -> _Span | None:
        """The bytes asked for; all of them for anything but one plain range; None where there are none such."""
        whole = _Span(0, size)
        asked = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if not asked or self.headers.get("If-Range", tag) != tag or asked.group(0) == "bytes=-":
            return whole
        first, last = asked.groups()
        if not first:  # the last so many bytes
            return _Span(max(0, size - int(last)), size) if int(last) and size else None
        start, stop = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return whole
        return _Span(start, stop) if start < size else None

    def copy(self, stream: BinaryIO, span: _Span) -> None:
        stream.seek(span.start)
        left = span.stop - span.start
        while left:
            block = stream.read(min(CHUNK, left))
            if not block:  # the file shrank while it was sent: the promised length cannot be kept
                self.close_connection = True
                return
            self.wfile.write(block)
            left -= len(block)

    def redirect(self, path: Path) -> None:
        """A folder's address ends in a slash, or relative links in its index would miss."""
        inside = path.relative_to(self.server.root).parts
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", "/" + "".join(f"{quote(part, safe='')}/" for part in inside))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def refuse(self, status: HTTPStatus, *, body: bool) -> None:
        text = f"{status.value} {status.phrase}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if body:
            self.wfile.write(text)

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")  # ask each time: a run may have republished it
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Vary", "Accept-Encoding")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the person at the desk sees the page."""


def content_type(path: Path) -> str:
    """The media type by suffix, for every format that a published tree holds."""
    suffix = path.suffix.lower()
    return TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"
