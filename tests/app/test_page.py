"""The page without a browser: what it makes of what is given, what it refuses, and what nobody can read through it."""

import html
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.app.conftest import Served
from tests.media import moving, write_video
from vidgan.app.guard import UploadsAlone
from vidgan.data.pictures import decode_image
from vidgan.video.reader import probe

pytest.importorskip("gradio", reason="gradio is not installed (make test-app)")
from gradio_client import Client, handle_file
from gradio_client.client import Job

DENOISER, INPAINTER, MAKER = (
    ("denoising", "denoising / quickstart-00000000"),
    ("inpainting", "inpainting / quickstart-00000000"),
    ("generation", "generation / quickstart-00000000"),
)
Start = Callable[..., Job]


@pytest.fixture
def client(served: Served, tmp_path: Path) -> Client:
    return Client(served.url, verbose=False, download_files=str(tmp_path / "got"))


@pytest.fixture
def start(client: Client) -> Start:
    """``start(DENOISER, Input=...)`` presses Run with fields by their labels; others are as the page has them."""
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]

    def begin(which: tuple[str, str], **given: Any) -> Job:
        task, label = which
        values = {"Network": label, **given}
        fields = endpoints[f"/run_{task}"]["parameters"]
        sent = [values.pop(field["label"], field.get("parameter_default")) for field in fields]
        assert not values, "there are no such fields"
        return client.submit(*sent, api_name=f"/run_{task}")

    return begin


def said(outputs: Any) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", outputs[0]))


def file_of(outputs: Any) -> Path:
    return Path(outputs[-1]["value"])


def made(served: Served) -> list[Path]:
    return [path for path in (served.folder / "made").rglob("*") if path.is_file()]


def test_a_video_becomes_one_that_plays_with_before_and_after(served: Served, start: Start) -> None:
    job = start(DENOISER, Input=handle_file(str(served.video)), Sigma="25")
    outputs = job.result(timeout=120)
    told = [said(each) for each in job.outputs()]
    assert told[0] == "Loading the network"
    assert any(re.match(r"\d of 8 frames", each) for each in told)
    assert told[-1].startswith("Done: in_output.mp4")
    state, slider, frame, picture, video, _ = outputs
    assert probe(file_of(outputs)).frames == 8
    assert frame["visible"]
    assert frame["maximum"] == 8
    assert not picture["visible"]
    assert video["visible"]
    before, after = (decode_image(Path(path).read_bytes(), path) for path in slider["value"])
    assert before.shape == after.shape == (48, 64, 3)
    assert np.abs(before.astype(int) - moving(8)[3]).mean() < 12  # frame 4 of 8 as it was given
    assert state.count("done") == 1


def test_a_picture_stays_a_picture(served: Served, start: Start, tmp_path: Path) -> None:
    Image.fromarray(moving(1)[0]).save(tmp_path / "a.png")
    outputs = start(DENOISER, Input=handle_file(str(tmp_path / "a.png")), Sigma="10").result(timeout=120)
    assert file_of(outputs).name == "a_output.png"
    assert not outputs[2]["visible"]
    assert outputs[1]["visible"]


def test_a_task_without_inputs(start: Start) -> None:
    outputs = start(MAKER, Classes="up", Videos=2, Frames="5").result(timeout=120)
    assert probe(file_of(outputs)).frames == 5
    assert not outputs[1]["visible"]
    assert outputs[4]["visible"]


def test_a_mask_that_is_drawn(start: Start, tmp_path: Path) -> None:
    """A sign that stands in a moving picture is painted over, and nothing else is touched."""
    signed, strokes = moving(8), np.zeros((48, 64, 4), np.uint8)
    signed[:, 12:18, 22:38], strokes[10:20, 20:40] = [255, 0, 0], 255
    Image.fromarray(signed[0]).save(tmp_path / "frame.png")
    Image.fromarray(strokes).save(tmp_path / "layer.png")
    frame, layer = (handle_file(str(tmp_path / f"{name}.png")) for name in ("frame", "layer"))
    drawn = {"background": frame, "layers": [layer], "composite": frame}
    video = handle_file(str(write_video(tmp_path / "sign.mp4", signed)))
    outputs = start(INPAINTER, **{"Input": video, "Mask drawn": drawn, "Quality": "1"}).result(timeout=120)
    before, after = (decode_image(Path(path).read_bytes(), path).astype(int) for path in outputs[1]["value"])
    changed = np.abs(before - after).max(-1) > 60
    assert changed[13:17, 24:36].mean() > 0.9
    changed[4:26, 14:46] = False  # the mask, made larger by 4
    assert changed.mean() < 0.01


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Input": None}, "input is not given; drop a file there."),
        ({"Sigma": "many"}, "sigma=many: expected a number from 0 to 255"),
        ({"Sigma": "300"}, "sigma=300.0: expected a number from 0 to 255"),
        ({"Codec": "/etc/passwd"}, "codec: a text of this page cannot be a path."),
        ({"Codec": "${oc.env:HOME}"}, "codec: a text of this page cannot be a path."),
        ({"Codec": "nothing"}, "nothing"),
    ],
)
def test_mistakes_are_told_in_one_sentence_and_leave_nothing(
    served: Served, start: Start, given: dict[str, Any], words: str
) -> None:
    before = made(served)
    outputs = start(DENOISER, **{"Input": handle_file(str(served.video)), **given}).result(timeout=120)
    assert words in said(outputs)
    assert str(served.folder) not in outputs[0]
    assert 'class="state wrong"' in outputs[0]
    assert made(served) == before


@pytest.mark.parametrize(
    ("frames", "size", "words"),
    [(41, (48, 64), "has 41 frames, and this page takes 40"), (2, (400, 400), "400 x 400 pixels, and this page takes")],
)
def test_what_is_too_long_or_too_large_is_refused(
    start: Start, tmp_path: Path, frames: int, size: tuple[int, int], words: str
) -> None:
    video = write_video(tmp_path / "big.mp4", moving(frames, *size))
    assert words in said(start(DENOISER, Input=handle_file(str(video))).result(timeout=120))


def test_too_many_bytes_are_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "big.mp4").write_bytes(bytes(1_100_000))
    with pytest.raises(ValueError, match="maximum"):
        start(DENOISER, Input=handle_file(str(tmp_path / "big.mp4"))).result(timeout=120)


def test_cancelling_leaves_nothing(served: Served, client: Client, start: Start, tmp_path: Path) -> None:
    before = made(served)
    video = write_video(tmp_path / "long.mp4", moving(40, 240, 320))
    job = start(DENOISER, Input=handle_file(str(video)), Sigma="5")
    while not any(" of " in said(each) for each in job.outputs()):
        assert not job.done(), job.outputs()
        time.sleep(0.05)
    told = client.predict(api_name="/cancel_denoising")
    assert "The job was cancelled" in told
    end = time.monotonic() + 30
    while made(served) != before and time.monotonic() < end:
        time.sleep(0.1)
    assert made(served) == before


def answer(url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("route", ["gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/"])
def test_no_file_of_the_machine_is_handed_out(served: Served, route: str) -> None:
    run = served.runs / "denoising/quickstart-00000000/config.yaml"
    for path in ("/etc/passwd", str(run), f"../../../../../../..{run}", f"..%2f..%2f..%2f..%2f..%2f..{run}", str(CODE)):
        status, body = answer(f"{served.url}/{route}{path}")
        assert status >= 400 or b"<!doctype html>" in body[:200].lower()
        assert b"root:" not in body
        assert b"_target_" not in body
        assert b"def serve" not in body


CODE = Path(__file__).parents[2] / "src/vidgan/app/server.py"


@pytest.mark.parametrize(
    "path", ["{base}/secret.mp4", "{page}/uploads/../../secret.mp4", "/etc/passwd", "http://127.0.0.1:9/a.mp4"]
)
def test_a_path_in_place_of_an_upload_is_not_read(served: Served, client: Client, path: str) -> None:
    secret = write_video(served.folder.parent / "secret.mp4", moving(4))
    given = {"path": path.format(base=secret.parent, page=served.folder), "meta": {"_type": "gradio.FileData"}}
    fields = client.view_api(return_format="dict", print_info=False)["named_endpoints"]["/run_denoising"]["parameters"]
    special = {"Network": DENOISER[1], "Input": given}
    data = [special.get(field["label"], field.get("parameter_default")) for field in fields]
    status, begun = answer(f"{served.url}/gradio_api/call/run_denoising", {"data": data})
    assert status == 400
    assert b"uploaded to it alone" in begun


def test_nothing_is_asked_of_elsewhere(served: Served) -> None:
    status, body = answer(served.url)
    assert status == 200
    loaded = re.findall(rb"""(?:src|href)=["'](https?:)?//(?!127\.0\.0\.1)""", body)
    assert loaded == []
    assert b"fonts.googleapis" not in body


def test_a_page_elsewhere_cannot_use_this_one(served: Served) -> None:
    assert answer(served.url, headers={"Host": "evil.example"})[0] == 400


def test_gradio_itself_refuses_such_paths_too(served: Served, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets past the guard."""
    monkeypatch.setattr(UploadsAlone, "_uploaded", lambda self, path: True)
    secret = write_video(served.folder.parent / "secret.mp4", moving(4))
    fields = client.view_api(return_format="dict", print_info=False)["named_endpoints"]["/run_denoising"]["parameters"]
    given = {"Network": DENOISER[1], "Input": {"path": str(secret), "meta": {"_type": "gradio.FileData"}}}
    data = [given.get(field["label"], field.get("parameter_default")) for field in fields]
    _, begun = answer(f"{served.url}/gradio_api/call/run_denoising", {"data": data})
    _, told = answer(f"{served.url}/gradio_api/call/run_denoising/{json.loads(begun)['event_id']}")
    assert b"event: error" in told
    assert b"Loading" not in told
