"""Rate against quality: the arithmetic of Bjontegaard's delta, and how it gets into a table."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from vidgan.engine.score_rows import add_bd_rates, mean_scores
from vidgan.errors import UserError
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.rate import BitsPerPixel
from vidgan.ops.luma import luma
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol
from vidgan.protocols.rate_distortion import BDRate, bd_rate

RATES = (1.0, 2.0, 4.0, 8.0)
ANCHOR = [(rate, 30 + 3 * math.log2(rate)) for rate in RATES]  # 3 dB a doubling
#: Kilobits a second of UVG at 1080p, and PSNR in RGB and in Y, as CompressAI publishes them in results/video/UVG-1080p.
UVG: dict[str, tuple[list[float], list[float], list[float] | None]] = {
    "x265-medium-tune-zerolatency": (
        [111391.40, 51143.655, 31624.632, 11316.149, 5242.852, 2402.0747, 1076.3269, 590.78651],
        [40.627925, 38.879107, 38.082635, 36.217708, 34.301479, 32.298894, 30.176383, 28.149230],
        [44.422819, 42.517296, 41.660760, 39.611022, 37.409962, 34.918215, 32.178255, 29.773237],
    ),
    "x264-medium-tune-zerolatency": (
        [124751.51, 59788.507, 36306.748, 13645.808, 6685.8859, 3591.8558, 2069.7104, 1289.4853],
        [40.152407, 38.693600, 37.849696, 35.992565, 34.137653, 32.123874, 30.011553, 27.977594],
        [43.683668, 42.154767, 41.220245, 38.976129, 36.648011, 34.131203, 31.494552, 29.062742],
    ),
    "VTM-v15.0-lowdelay": (
        [26777.825, 17790.914, 6960.8937, 3032.3605, 1379.0738, 625.74811, 285.68640],
        [39.573841, 38.932613, 37.010414, 35.057930, 33.195836, 31.321028, 29.157942],
        None,
    ),
    "ssf2020-from-authors": (
        [5011.5026, 7495.4648, 11809.715, 16908.374, 28413.041, 55344.420, 92473.118],
        [31.8495, 33.0860, 34.4086, 35.8495, 36.9355, 38.3871, 39.3656],
        None,
    ),
    "ssf2020-mse-ans-vimeo": (
        [10416.947, 16466.675, 24604.408, 35834.828, 52613.703, 77622.996, 119748.72],
        [32.464655, 33.651621, 34.968709, 36.303091, 37.562406, 39.056801, 40.401752],
        [33.896795, 35.271600, 36.719260, 38.150923, 39.487079, 40.990645, 42.325689],
    ),
}
CASES = {name: Case(conditions={"rate": number}) for number, name in enumerate("abcd")}


def moved(factor: float = 1.0, gain: float = 0.0) -> list[tuple[float, float]]:
    return [(factor * rate, quality + gain) for rate, quality in ANCHOR]


@pytest.mark.parametrize(
    ("tested", "expected"),
    {
        "the same": (moved(), 0.0),
        "half the rate": (moved(0.5), -50.0),
        "twice the rate": (moved(2.0), 100.0),
        "one dB more": (moved(gain=1.0), 100 * (2 ** (-1 / 3) - 1)),  # where both are, a line against a line
        "in any order": (moved(0.5)[::-1], -50.0),
        "five points": ([*moved(0.5), (8.0, 42.0)], -50.0),
    }.values(),
)
def test_bd_rate_of_curves_that_are_known(tested: list[tuple[float, float]], expected: float) -> None:
    assert bd_rate(ANCHOR, tested) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "color", "published"),
    [
        ("x264-medium-tune-zerolatency", 1, 53.5),
        ("VTM-v15.0-lowdelay", 1, -60.7),
        ("ssf2020-from-authors", 1, 87.4),
        ("ssf2020-mse-ans-vimeo", 1, 154.9),
        ("x264-medium-tune-zerolatency", 2, 74.4),
        ("ssf2020-mse-ans-vimeo", 2, 389.0),
    ],
)
def test_bd_rate_of_published_curves(name: str, color: int, published: float) -> None:
    """In RGB and in Y, against x265, where the color decides: to the digits that were published."""
    anchor, tested = (
        [*zip(UVG[codec][0], UVG[codec][color] or [], strict=True)] for codec in ("x265-medium-tune-zerolatency", name)
    )
    assert bd_rate(anchor, tested) == pytest.approx(published, abs=0.5 if published == 389 else 0.051)


def test_bd_rate_is_scipys_integral_of_scipys_interpolation() -> None:
    """Of curves that are no lines, by hand: 1.5 and 2.5 dB more at two of the points."""
    from scipy.interpolate import PchipInterpolator

    qualities = [30.0, 34.5, 36.0, 41.5]
    log, other = np.log10(RATES), [30.0, 33.0, 36.0, 39.0]
    ends = 30.0, 39.0
    areas = [PchipInterpolator(known, log).integrate(*ends) for known in (qualities, other)]
    expected = 100 * (10 ** ((areas[0] - areas[1]) / 9) - 1)
    tested = list(zip(RATES, qualities, strict=True))
    assert bd_rate(ANCHOR, tested) == pytest.approx(expected, abs=1e-9)
    assert -20 < expected < -10


def test_a_quality_of_which_less_is_better_counts_alike() -> None:
    mirrored = [[(rate, -quality) for rate, quality in curve] for curve in (ANCHOR, moved(0.5, 0.3))]
    assert bd_rate(*mirrored) == pytest.approx(bd_rate(ANCHOR, moved(0.5, 0.3)), abs=1e-9)


@pytest.mark.parametrize(
    ("tested", "told"),
    {
        "apart": (moved(gain=20), "share no quality"),
        "too few": (moved()[:3], "a curve has 3 points, 4 are needed"),
        "not rising": ([*moved()[:3], (8.0, 30.5)], "quality does not improve with each step in rate"),
        "no rate": ([(0.0, 20.0), *moved()[1:]], "a rate is not above 0"),
        "mostly apart": (moved(gain=6), "rests on the 20 % of their range"),
    }.values(),
)
def test_what_rests_on_little_or_nothing_is_told(
    tested: list[tuple[float, float]], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert math.isnan(bd_rate(ANCHOR, tested, "x265 on street")) == ("rests" not in told)
    assert "x265 on street" in caplog.text
    assert told in caplog.text


def test_a_method_without_bits_has_none_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    assert math.isnan(bd_rate(ANCHOR, [(math.nan, quality) for _, quality in ANCHOR]))
    assert not caplog.records


def test_bits_per_pixel_are_those_of_all_frames_over_their_pixels() -> None:
    clip = torch.rand(3, 3, 4, 8)
    assert BitsPerPixel()(clip, torch.tensor([64, 16, 16])) == 1.0
    for bits in (torch.tensor(96), torch.tensor([64, 32])):
        with pytest.raises(UserError, match="give each frame its own"):
            BitsPerPixel()(clip, bits)


def test_luma_of_bt709_is_that_of_ffmpeg() -> None:
    """8-bit luma planes as its converter makes them of random RGB, which rounds."""
    from av.video.frame import VideoFrame

    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    plane = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv444p", dst_colorspace=1, dst_color_range=1
    )
    expected = plane.to_ndarray()[0].astype(float)
    found = 255 * luma(torch.from_numpy(pixels).permute(2, 0, 1) / 255, "y_bt709")[0].numpy()
    assert np.abs(found - expected).max() < 1.01
    assert abs((found - expected).mean()) < 0.1


def protocol(**more: Any) -> Protocol:
    given: dict[str, Any] = {
        "metrics": {"psnr": PSNR(), "bpp": BitsPerPixel()},
        "cases": CASES,
        "rate_distortion": {"bd_rate": BDRate("x264")},
        **more,
    }
    return Protocol("rates", "nobody", **given)


def row(method: str, clip: str, curve: list[tuple[float, float]]) -> dict[str, Any]:
    scores = {
        f"{metric}_{case}": point[index]
        for case, point in zip("abcd", curve, strict=True)
        for index, metric in enumerate(("bpp", "psnr"))
    }
    return {"method": method, "clip": clip, **scores}


def test_a_table_has_the_mean_over_clips_and_each_clip_its_own() -> None:
    rows = [
        row(method, clip, moved(factor))
        for method, clip, factor in [("model", "a", 0.5), ("model", "b", 0.8), ("x264", "a", 1.0), ("x264", "b", 1.0)]
    ]
    add_bd_rates(rows, protocol())
    assert [one["bd_rate"] for one in rows] == pytest.approx([-50, -20, 0, 0])
    assert mean_scores(rows)["model"]["bd_rate"] == pytest.approx(-35)
    assert protocol().directions["bd_rate"].sign == "↓"


def test_without_the_anchor_there_is_no_column() -> None:
    rows = [row("model", "a", moved())]
    add_bd_rates(rows, protocol())
    assert "bd_rate" not in rows[0]


@pytest.mark.parametrize(
    ("more", "told"),
    {
        "few": (
            {"cases": {name: CASES[name] for name in "abc"}},
            "bd_rate needs 4 cases, each a rate, and there are 3",
        ),
        "none": ({"cases": None}, "there are 0"),
        "metric": ({"rate_distortion": {"bd": BDRate("x264", metric="vmaf")}}, "bd asks for vmaf, which is not among"),
        "name": ({"rate_distortion": {"psnr": BDRate("x264")}}, "psnr is a metric and in rate_distortion"),
    }.values(),
)
def test_what_is_no_curve_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        protocol(**more)


class Unavailable(PSNR):
    available = False


def test_a_curve_is_left_out_with_its_metric() -> None:
    """As VMAF is, where its program is missing."""
    metrics = {"psnr": PSNR(), "bpp": BitsPerPixel(), "vmaf": Unavailable()}
    made = protocol(
        metrics=metrics, rate_distortion={"bd_rate": BDRate("x264"), "bd_vmaf": BDRate("x264", metric="vmaf")}
    )
    assert [*made.rate_distortion] == ["bd_rate"]
    assert made.left_out == ["bd_vmaf", "vmaf"]
