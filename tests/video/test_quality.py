"""The rate factor of a video, as its encoder wrote it down or as its quantizers tell."""

from pathlib import Path

import av
import pytest

from tests.media import moving
from vidgan.errors import UserError
from vidgan.video.quality import told_quality

FRAMES = moving(8, 96, 64)


def video(path: Path, encoder: str, **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        stream.codec_context.thread_count = 1
        if bit_rate := options.pop("rate", None):
            stream.bit_rate = int(bit_rate)
        for frame in FRAMES:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".h264"])
@pytest.mark.parametrize(
    ("options", "told"), [({"crf": "31.5"}, "rate factor 31.5"), ({"qp": "29"}, "quantizer 29")], ids=["crf", "qp"]
)
def test_x264_tells_what_it_was_told(options: dict[str, str], told: str, suffix: str, tmp_path: Path) -> None:
    quality = told_quality(video(tmp_path / f"clip{suffix}", "libx264", **options))
    assert quality.crf == float(next(iter(options.values())))
    assert quality.how == f"{told}, as x264 wrote into the stream"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_x265_tells_it_too(suffix: str, tmp_path: Path) -> None:
    params = {"x265-params": "log-level=error:pools=none:frame-threads=1"}
    quality = told_quality(video(tmp_path / f"clip{suffix}", "libx265", crf="33", **params))
    assert quality.crf == 33
    assert "x265" in quality.how


def test_the_quantizers_of_blocks_count_where_nothing_is_written(tmp_path: Path) -> None:
    """Of constant quantizers the mean is the quantizer itself, but for frames that no others follow."""
    path = video(tmp_path / "clip.h264", "libx264", qp="29", **{"x264-params": "ipratio=1:pbratio=1"})
    silent = path.read_bytes().replace(b"rc=cqp", b"rc=abr")
    path.write_bytes(silent)
    quality = told_quality(path)
    assert quality.crf == 29
    assert quality.how == "rate factor 29.0, the quantizer of the finest of the first 8 frames"


@pytest.mark.parametrize("crf", [22, 36])
def test_the_finest_frame_comes_near_to_the_rate_factor(crf: int, tmp_path: Path) -> None:
    path = video(tmp_path / "clip.h264", "libx264", crf=str(crf))
    path.write_bytes(path.read_bytes().replace(b"rc=crf", b"rc=abr"))
    assert told_quality(path).crf == pytest.approx(crf, abs=3)


def test_a_stream_that_tells_nothing_is_asked_about(tmp_path: Path) -> None:
    path = video(tmp_path / "clip.mp4", "libsvtav1", crf="40", **{"svtav1-params": "lp=1"})
    with pytest.raises(UserError, match=r"its libdav1d stream does not tell .*; give crf="):
        told_quality(path)
