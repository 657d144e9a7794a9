"""Clips through codecs and back: what they cost, and that it is so on every machine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.media import moving
from vidgan.errors import UserError
from vidgan.video.coding import SCALES, Coding, _yuv, coded

FRAMES = moving(6, 96, 64)


@pytest.mark.parametrize("codec", SCALES)
def test_more_bits_are_a_better_picture(codec: str) -> None:
    errors, costs = [], []
    for level in (10, 30, 50):
        frames, bits = coded(FRAMES, level, Coding(codec))
        assert frames.shape == FRAMES.shape
        assert frames.dtype == np.uint8
        assert bits.shape == (len(FRAMES),)
        assert (bits > 0).all()
        errors.append(np.square(frames.astype(float) - FRAMES).mean())
        costs.append(bits.sum())
    assert errors == sorted(errors)
    assert costs == sorted(costs, reverse=True)


def test_bits_are_those_of_a_file(tmp_path: Path) -> None:
    """The packets of an elementary stream that the same encoder writes are all that is in the file."""
    path = tmp_path / "clip.h264"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "28", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        stream.codec_context.thread_count = 1
        for tag in ("colorspace", "color_range", "color_primaries", "color_trc"):
            setattr(stream.codec_context, tag, 1)
        for index, frame in enumerate(FRAMES):
            container.mux(stream.encode(_yuv(frame, index, stream.codec_context, VideoReformatter())))
        container.mux(stream.encode())
    _, bits = coded(FRAMES, 28, Coding(tune="zerolatency", constant="qp"))
    assert bits.sum() == 8 * path.stat().st_size


def test_no_row_or_column_of_odd_sizes_is_lost() -> None:
    frames = FRAMES[:, :95, :63]
    shown, _ = coded(frames, 5, Coding())
    assert shown.shape == frames.shape
    assert np.abs(shown.astype(int) - frames).mean() < 3


def test_frames_between_key_frames_cost_less_and_keyframes_sets_these() -> None:
    still = np.repeat(FRAMES[:1], 6, axis=0)
    how = Coding(tune="zerolatency", constant="qp")
    _, bits = coded(still, 28, how)
    assert bits[0] > 10 * bits[1:].max()
    _, bits = coded(still, 28, replace(how, keyframes=3))
    assert bits[3] > 10 * bits[[1, 2, 4, 5]].max()


def test_a_quantizer_is_no_rate_factor() -> None:
    costs = [coded(FRAMES, 28, Coding(constant=constant))[1].sum() for constant in ("crf", "qp")]
    assert costs[0] != costs[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    {
        "codec": ({"codec": "vp6"}, "codec=vp6: it is not coded with here; choose one of h264, hevc, av1"),
        "constant": ({"constant": "bitrate"}, "constant=bitrate: expected crf"),
        "keyframes": ({"keyframes": 0}, "keyframes=0: expected a number of frames"),
        "level": ({"level": 52}, "crf=52: h264 has 0 to 51"),
        "below": ({"level": -1, "constant": "qp"}, "qp=-1: h264 has 0 to 51"),
        "preset": ({"preset": "turbo"}, "libx264 codes no 64 x 96 pixels with .*turbo.*change its preset"),
    }.values(),
)
def test_what_cannot_be_coded_is_one_sentence(arguments: dict[str, Any], told: str) -> None:
    frames, level = arguments.pop("frames", FRAMES), arguments.pop("level", 28)
    with pytest.raises(UserError, match=told):
        coded(frames, level, Coding(**arguments))
