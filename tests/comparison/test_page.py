"""The page: well-formed, whole, and without a reference to anything outside of it."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.comparison.conftest import Record, clips
from tests.comparison.test_analysis import WEIGHT, compared
from tests.rounding import FLOAT64
from vidgan.comparison.analysis import Comparison
from vidgan.comparison.page import page

_VOID = {"meta", "img", "br", "hr", "input", "link"}


class Reader(HTMLParser):
    """Checks that tags close in order; collects text, addresses and the data of the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.data = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "poster")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """``<line ... />`` of a picture."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script" and data.startswith("{"):
            self.data = json.loads(data, parse_constant=pytest.fail)  # NaN is no JSON
        elif self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data.strip())


@pytest.fixture
def comparison(recorded: Record) -> Comparison:
    return compared(
        recorded(f"{WEIGHT}=0.1", "seed=0", psnr=clips(*range(30, 38))),
        recorded(f"{WEIGHT}=0.1", "seed=1", psnr=clips(*range(32, 40))),
        recorded(f"{WEIGHT}=0.2", "seed=0", psnr=clips(*range(22, 30))),
    )


def test_it_is_whole_and_on_its_own(comparison: Comparison) -> None:
    text = page(comparison, budget_mb=24)
    found = Reader(text)
    assert not re.search(r"https?://|//cdn|@import|url\(", text)
    assert {address.split(";")[0] for address in found.addresses} == {"data:image/webp", "data:video/mp4"}
    shown = " ".join(found.texts)
    for variant in comparison.variants:
        assert variant.label in shown
        for run in variant.runs:
            assert run.id in shown
    assert "34.50 ± 1.41" in shown
    assert WEIGHT in shown


def test_its_data_are_the_figures(comparison: Comparison) -> None:
    data = Reader(page(comparison, budget_mb=24)).data
    assert data["variants"] == ["adversarial.weight=0.1", "adversarial.weight=0.2"]
    assert data["points"][0] == {
        "seconds": 10.0,
        "parameters": 1000,
        "psnr": [34.5, pytest.approx(2**0.5, rel=FLOAT64)],
        "tof": [pytest.approx(0.345, rel=FLOAT64), pytest.approx(0.02**0.5 / 10, rel=FLOAT64)],
    }
    assert data["fronts"]["psnr parameters"] == [0]
    first, second = data["curves"]["val/psnr"]
    assert first == [[10, 32.5, pytest.approx(2**0.5)], [20, 33.5, pytest.approx(2**0.5)]]
    assert second == [[10, 23.5, 0], [20, 24.5, 0]]
    assert set(data["curves"]) == {"val/psnr", "loss/pixel"}


def test_what_is_not_finite_leaves_the_page_whole(recorded: Record) -> None:
    run = recorded(psnr=clips(float("inf")))
    curve = run.path / "metrics.csv"
    curve.write_text(curve.read_text().replace("0.05", "nan"))
    data = Reader(page(compared(run), budget_mb=24)).data
    assert data["points"][0]["psnr"] == [None, None]
    assert data["curves"]["loss/pixel"] == [[[10, 0.1, 0]]]


def test_media_are_the_runs_own(comparison: Comparison) -> None:
    found = Reader(page(comparison, budget_mb=24))
    videos = [address.partition(",")[2] for address in found.addresses if address.startswith("data:video")]
    assert [base64.b64decode(video) for video in videos] == [v.runs[0].video.read_bytes() for v in comparison.variants]
    assert sum(address.startswith("data:image") for address in found.addresses) == 4  # two iterations, two variants


def test_what_exceeds_the_budget_is_named(comparison: Comparison) -> None:
    found = Reader(page(comparison, budget_mb=0))
    assert found.addresses == []
    note = next(text for text in found.texts if text.startswith("Left out, as"))
    assert "may take 0 MB (budget_mb): samples at iteration 20, samples at iteration 10, video of adv" in note


def test_damaged_media_are_named_and_links_not_followed(recorded: Record, tmp_path: Path) -> None:
    run = recorded(psnr=clips(30))
    first, last = sorted(run.samples.glob("*.png"))
    first.write_bytes(b"\x89PNG garbage")
    last.write_bytes(last.read_bytes()[:60])
    (tmp_path / "secret").write_text("a key of this machine")
    (run.samples / "comparison.mp4").unlink()
    (run.samples / "comparison.mp4").symlink_to(tmp_path / "secret")
    found = Reader(page(compared(run), budget_mb=24))
    assert found.addresses == []
    note = next(text for text in found.texts if text.startswith("Left out, as they cannot be read"))
    assert f"samples at iteration 10 ({first.name})" in note
    assert f"samples at iteration 20 ({last.name})" in note


def test_names_are_text_and_not_markup(recorded: Record) -> None:
    evil = "</script><script>alert(1)</script>"
    runs = [
        recorded(f"name=n{number}", f"+networks.generator.note='{value}'", psnr=clips(30))
        for number, value in enumerate((evil, "x"))
    ]
    for run in runs:
        path = run.path / "config.yaml"
        path.write_text(re.sub("^name: .*", "name: same", path.read_text()))
    text = page(compared(*runs), budget_mb=24)
    assert Reader(text).data["variants"] == [f"generator.note={evil}", "generator.note=x"]
    assert evil not in text
