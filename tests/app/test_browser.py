"""The page in a real browser: what a person does, sees and gets, and that the browser asks nobody else."""

import os
from pathlib import Path

import pytest
from PIL import Image

from tests.app.browser import CHROMIUM, DRIVER, MISSING, Browser, browser
from tests.app.conftest import Served
from tests.media import moving, write_video

pytest.importorskip("gradio", reason="gradio is not installed (make test-app)")
pytestmark = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason=MISSING)

SHOWN = "const all = [...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent); "
TEXT = SHOWN + "return all.map(e => e.innerText).join(' ')"
PRESS = SHOWN + "const one = all.find(e => e.innerText.trim() === arguments[1]); if (one) one.click(); return !!one"
STATE = "return document.querySelector('.state')?.innerText ?? ''"


def choose(page: Browser, label: str) -> None:
    """Takes a network of the list, by the beginning of its label."""
    option = f"[role=option][aria-label^='{label}']"
    page.click("input[aria-label=Network]")
    page.wait("return document.querySelector(arguments[0])", option)
    page.click(option)


def press(page: Browser, text: str) -> None:
    page.wait(PRESS, "button", text)


def finished(page: Browser) -> str:
    """What the page says when a job has ended."""
    return page.wait("const e = document.querySelector('.state.done, .state.wrong'); return e && e.innerText")


def test_what_a_person_does(served: Served, tmp_path: Path) -> None:
    keep = Path(os.environ.get("VIDGAN_SCREENSHOTS", tmp_path))
    clip = write_video(tmp_path / "walk.mp4", moving(8, 240, 320))
    with browser(tmp_path / "profile") as page:
        page.open(served.url, 1400, 1100)
        page.wait("return document.querySelector('.start')?.offsetParent != null")
        choose(page, "denoising /")
        page.wait(TEXT + ".includes('Removes the noise')", "h3")
        press(page, "Run")
        page.wait(STATE + ".includes('drop a file')")
        page.upload(".drop input[type=file]", clip)
        page.wait("return [...document.querySelectorAll('video')].some(e => e.offsetParent && e.readyState > 0)")
        press(page, "Run")
        page.wait("return !document.querySelector('.state.wrong')")
        assert finished(page).startswith("Done: walk_output.mp4")
        sizes = page.wait(
            "const v = [...document.querySelectorAll('video')].filter(e => e.offsetParent && e.videoWidth);"
            "return v.length > 1 && v.map(e => e.videoWidth)"
        )
        assert sizes == [320, 320]
        page.wait("return document.querySelectorAll('.slider-wrap img, [data-testid=imageslider] img').length >= 2")
        page.picture(keep / "wide.png")
        page.open(served.url, 420, 1100)
        page.wait("return document.querySelector('.start')?.offsetParent != null")
        page.picture(keep / "narrow.png")
        assert page.run("return document.documentElement.scrollWidth") <= 420
        asked = [url for url in page.requested() if url.startswith(("http", "ws"))]
        assert len(asked) > 10
        assert [url for url in asked if not url.startswith(served.url)] == []
    assert Image.open(keep / "wide.png").width == 1400


def test_a_mask_is_drawn_with_the_mouse(served: Served, tmp_path: Path) -> None:
    keep = Path(os.environ.get("VIDGAN_SCREENSHOTS", tmp_path))
    clip = write_video(tmp_path / "walk.mp4", moving(8, 240, 320))
    with browser(tmp_path / "profile") as page:
        page.open(served.url, 1400, 1100)
        page.wait("return document.querySelector('.start')?.offsetParent != null")
        choose(page, "inpainting /")
        page.wait(TEXT + ".includes('Fills the holes')", "h3")
        page.upload(".drop input[type=file]", clip)
        page.wait("return [...document.querySelectorAll('canvas')].some(e => e.offsetParent)")
        page.wait("return [...document.querySelectorAll('video')].some(e => e.offsetParent && e.readyState > 0)")
        page.drag("canvas", (-60, -20), (0, 0), (60, 20))
        page.picture(keep / "mask.png")
        press(page, "Run")
        assert finished(page).startswith("Done: walk_output.mp4")
        page.picture(keep / "mask_done.png")
