"""A headless Chromium by the WebDriver protocol (W3C), which chromedriver speaks over HTTP; no package is needed."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "no browser is installed (apt-get install chromium chromium-driver)"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"),
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own name
_PATIENCE = 60.0  # seconds
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    """One window. Elements are told by CSS selectors."""

    def __init__(self, address: str, profile: Path) -> None:
        self._address = address
        options = {"binary": CHROMIUM, "args": [*_FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        made = self._post("/session", {"capabilities": {"alwaysMatch": wanted}})
        self._address = f"{address}/session/{made['sessionId']}"

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask(urllib.request.Request(self._address + path, json.dumps(body).encode()))

    def _ask(self, request: urllib.request.Request) -> Any:
        with _DIRECT.open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def open(self, url: str, width: int, height: int) -> None:
        """Shows a page in a view of this size, in pixels."""
        view = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._post("/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": view})
        self._post("/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the first such element."""
        found = self._post("/element", {"using": "css selector", "value": selector})
        self._post(f"/element/{found[_ELEMENT]}/click", {})

    def upload(self, selector: str, path: Path) -> None:
        """Gives a file to an ``input`` of files."""
        found = self._post("/element", {"using": "css selector", "value": selector})
        self._post(f"/element/{found[_ELEMENT]}/value", {"text": str(path)})

    def drag(self, selector: str, *places: tuple[int, int]) -> None:
        """Draws with the mouse, by places from the middle of an element."""
        origin = self._post("/element", {"using": "css selector", "value": selector})
        moves = [{"type": "pointerMove", "origin": origin, "x": x, "y": y, "duration": 150} for x, y in places]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        steps = [moves[0], down, *moves[1:], up]
        self._post("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": steps}]})

    def wait(self, script: str, *arguments: Any) -> Any:
        """What a script returns as soon as that is true.

        Raises:
            TimeoutError: it never is.
        """
        end = time.monotonic() + _PATIENCE
        while not (found := self.run(script, *arguments)):
            if time.monotonic() > end:
                raise TimeoutError(f"{script} of {self.run('return document.body.innerText')[:2000]}")
            time.sleep(0.2)
        return found

    def picture(self, path: Path) -> None:
        """Writes the whole page as a PNG."""
        shot = self._post(
            "/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": True}}
        )
        path.write_bytes(base64.b64decode(shot["data"]))

    def requested(self) -> list[str]:
        """The addresses that were asked for since the last time."""
        rows = [json.loads(row["message"])["message"] for row in self._post("/se/log", {"type": "performance"})]
        return [row["params"]["request"]["url"] for row in rows if row["method"] == "Network.requestWillBeSent"]

    def close(self) -> None:
        self._ask(urllib.request.Request(self._address, method="DELETE"))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser of its own, with a profile of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert DRIVER is not None
    driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        made = Browser(f"http://127.0.0.1:{port}", profile)
        try:
            yield made
        finally:
            made.close()
    finally:
        driver.kill()
        driver.wait()


def _until(works: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            works()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
