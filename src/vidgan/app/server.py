"""Serves the page: to this machine alone unless said otherwise, with nothing from elsewhere."""

import importlib.util
import os
import signal
import socket
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vidgan.app.guard import Headers, UploadsAlone
from vidgan.config.lint import lint
from vidgan.console import say
from vidgan.errors import UserError
from vidgan.experiment.build import refuse_absent_device

_OWN = ("127.0.0.1", "localhost", "::1")
_QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def serve(config: DictConfig) -> None:
    """Serves until Ctrl-C; then all that was uploaded and made is removed.

    Args:
        config: of :class:`vidgan.config.command_schemas.AppConfig`.

    Raises:
        UserError: gradio is not installed, or the address cannot be used.
    """
    if importlib.util.find_spec("gradio") is None:
        raise UserError(
            "the page needs gradio, which is not installed; install vidgan with its extra app: vidgan[app]."
        )
    refuse_absent_device(config.machine)
    lint(config, {})
    with (
        tempfile.TemporaryDirectory(prefix="vidgan-app-") as folder,
        closing(listening(config.host, config.port)) as at,
    ):
        app, jobs = application(config, Path(folder))
        if config.host not in _OWN:
            say(f"WARNING: host={config.host}: whoever reaches this machine can use the page; it asks for no password.")
        name = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
        say(f"open http://{f'[{name}]' if ':' in name else name}:{at.getsockname()[1]} (Ctrl-C ends it)")
        try:
            _run(app, at)
        finally:
            jobs.cancel_all()


def listening(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        raise UserError(
            f"host={host} port={port} cannot be used ({error.strerror}); choose others, or port=0."
        ) from error
    return made


def application(config: DictConfig, folder: Path) -> tuple[Any, Any]:
    """The page as an ASGI application, and its jobs.

    Args:
        config: as of :func:`serve`.
        folder: for all that is uploaded and made.
    """
    os.environ.update({**_QUIET, "GRADIO_TEMP_DIR": str(folder / "uploads")})  # which gradio reads as it is imported
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from vidgan.app.page import STYLE, Page, theme

    page = Page(config, folder)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(UploadsAlone, folder=folder / "uploads")
    app.add_middleware(Headers)
    if config.host in _OWN:  # else a page elsewhere, whose name leads here, could use this one
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    blocks, size = page.blocks(), f"{config.upload_mb}mb"
    quiet: dict[str, Any] = {"footer_links": [], "run_history": False, "ssr_mode": False, "mcp_server": False}
    gr.mount_gradio_app(app, blocks, "/", max_file_size=size, theme=theme(), css=STYLE, **quiet)
    blocks.has_launched = blocks.is_running = True  # else gradio checks no paths
    return app, page.jobs


def _run(app: Any, at: socket.socket) -> None:
    import uvicorn

    # uvicorn, stopped by a signal, sends it again to who listened before: the default would leave the folder behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    server.run(sockets=[at])
