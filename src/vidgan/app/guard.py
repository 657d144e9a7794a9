"""What stands before the page: no path but that of an upload goes in, and no answer has the browser load elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The browser is told to load nothing from elsewhere, whatever the page says.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-ancestors 'none'; form-action 'none'; base-uri 'self'"
)
_OWN = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
_MOST = 2**24  # bytes of a message that is no upload
_DEEPEST = 40


class Headers:
    """Adds to every answer what keeps the browser from loading, and others from embedding."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in _OWN.items())]
            await send(message)

        await self._app(scope, receive, with_headers)


class UploadsAlone:
    """Refuses messages that name a file which was not uploaded: gradio, mounted, would copy and read any.

    Args:
        app: what answers the others.
        folder: of the uploads.
    """

    def __init__(self, app: Any, folder: Path) -> None:
        self._app, self._folder = app, folder.resolve()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":  # the page has none
            await send({"type": "websocket.close", "code": 1008})
            return
        kinds = [value for name, value in scope.get("headers", ()) if name == b"content-type"]
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if kinds and kinds[0].startswith(b"multipart/form-data") and scope["path"].endswith("/upload"):
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None or not self._fits(body):
            await _refuse(send)
            return
        await self._app(scope, _again(body, receive), send)

    def _fits(self, body: bytes) -> bool:
        try:
            return not body or all(self._uploaded(path) for path in _paths(json.loads(body)))
        except (ValueError, RecursionError, OSError):
            return False

    def _uploaded(self, path: Any) -> bool:
        return path is None or (isinstance(path, str) and Path(path).resolve().is_relative_to(self._folder))


def _paths(value: Any, depth: int = 0) -> Iterator[Any]:
    """What stands under ``path`` at any depth of a message.

    Raises:
        ValueError: it is deeper than any message of the page.
    """
    if depth > _DEEPEST:
        raise ValueError(depth)
    if isinstance(value, dict):
        yield from (inner for name, inner in value.items() if name == "path")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _paths(inner, depth + 1)


async def _body(receive: Any) -> bytes | None:
    """A whole message; None of one that is too long, or was broken off."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if message["type"] == "http.disconnect" or len(body) > _MOST:
            return None
    return body


def _again(body: bytes, receive: Any) -> Any:
    """Has a message that was read be read by another, who is told of what comes after it, too."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Any:
        return waiting.pop() if waiting else await receive()

    return read


async def _refuse(send: Any) -> None:
    told = b'{"error": "This page reads what was uploaded to it alone."}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": told})
