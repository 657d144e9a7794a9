"""Videos as users have them: each is read as a player shows it, or refused in one sentence that says what to do."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.media import moving, write_video
from vidgan.errors import UserError
from vidgan.inference.inputs import open_input
from vidgan.video.reader import BrokenFileError, Frames, iterate, probe, read_clip


def encode(path: Path, frames: Frames, pixels: str, codec: str = "ffv1", times: list[int] | None = None) -> Path:
    """Frames in the given pixel format, shown at the given times in ms; those that are (H, W) are taken as they are."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"crf": "0"} if codec == "libx264" else {})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, image in enumerate(frames):
            given = pixels if image.ndim == 2 else "rgb24"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=given).reformat(format=pixels)
            if times:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def whole(path: Path) -> Frames:
    return np.stack(list(iterate(path)))


@pytest.mark.parametrize("pixels", ["bgra", "bgr0"])
def test_alpha_is_dropped(tmp_path: Path, pixels: str) -> None:
    np.testing.assert_array_equal(whole(encode(tmp_path / "a.mkv", moving(3), pixels)), moving(3))


@pytest.mark.parametrize(("pixels", "dtype", "level"), [("gray", np.uint8, 100), ("gray16le", np.uint16, 100 * 257)])
def test_grey_is_repeated_and_16_bits_are_rounded(tmp_path: Path, pixels: str, dtype: Any, level: int) -> None:
    path = encode(tmp_path / "a.mkv", np.full((2, 16, 24), level, dtype), pixels)
    np.testing.assert_array_equal(whole(path), np.full((2, 16, 24, 3), 100))


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
def test_odd_sizes_keep_every_row_and_column(tmp_path: Path, pixels: str) -> None:
    frames = np.full((3, 47, 63, 3), (90, 120, 60), np.uint8)
    found = read_clip(encode(tmp_path / "a.mkv", frames, pixels), 1, 2)
    assert found.shape == (2, 47, 63, 3)
    np.testing.assert_allclose(found, frames[1:], atol=2)  # rounding to YCbCr and back


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile other.ts\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    ],
    ids=["concat", "playlist", "address"],
)
def test_a_list_of_other_files_is_no_video(tmp_path: Path, text: str) -> None:
    """FFmpeg would follow it, whatever its name is."""
    write_video(tmp_path / "other.ts", moving(4))
    (tmp_path / "list.mp4").write_text(text)
    with pytest.raises(BrokenFileError, match=r"list\.mp4: cannot be read as video"):
        probe(tmp_path / "list.mp4")


@pytest.mark.parametrize(("width", "height"), [(60000, 60000), (15000, 15000), (90000, 1000)])
def test_large_frames_are_refused_by_their_header(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420jpeg\nFRAME\n" % (width, height) + bytes(1000))
    for read in (probe, lambda path: list(iterate(path)), lambda path: open_input(path)):
        with pytest.raises(UserError, match=r"a\.y4m: (has .* cut it into parts|cannot be read as video)"):
            read(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
def test_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", moving(1), "yuv420p", "libx264")
    assert probe(path).frames == 1
    np.testing.assert_array_equal(read_clip(path, 0, 1), whole(path))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_varying_rate_is_read_frame_by_frame_with_its_times(tmp_path: Path, suffix: str) -> None:
    times = [0, 40, 80, 200, 240, 280, 320, 500]
    path = encode(tmp_path / f"a.{suffix}", moving(8), "yuv420p", "libx264", times)
    frames = whole(path)
    assert len(frames) == 8
    for start in range(7):
        np.testing.assert_array_equal(read_clip(path, start, 2), frames[start : start + 2])
    assert probe(path).fps == 14  # 7 steps in half a second
    given = open_input(path)
    assert given.fps == 14
    assert [1000 * at.time for _, at in given.items] == times


@pytest.mark.parametrize("rate", [Fraction(60), Fraction(30000, 1001)])
def test_rounded_time_stamps_are_no_varying_rate(tmp_path: Path, rate: Fraction) -> None:
    """Matroska rounds to ms: at 60 frames a second 16 and 17; the rate is the 25 that the file states, no average."""
    times = [round(1000 * number / rate) for number in range(12)]
    assert probe(encode(tmp_path / "a.mkv", moving(12), "yuv420p", "libx264", times)).fps == 25


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused(tmp_path: Path, transfer: int, name: str) -> None:
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)  # x265 writes 10-bit headers that at times cannot be muxed
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p10le"
        stream.codec_context.color_trc = transfer
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p10le")))
        container.mux(stream.encode())
    for read in (probe, whole):
        with pytest.raises(
            BrokenFileError, match=rf"hdr\.mp4: is HDR video \({name}\); map its tones to BT\.709 first"
        ):
            read(path)


def test_frames_that_change_their_size_are_refused(tmp_path: Path) -> None:
    parts = [encode(tmp_path / f"{size}.ts", moving(6, size, 96), "yuv420p", "libx264") for size in (48, 64)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    for read in (whole, lambda path: read_clip(path, 4, 4)):
        with pytest.raises(BrokenFileError, match=r"both\.ts: its frames change from 96 x 48 to 96 x 64 pixels; split"):
            read(both)


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "libx264"), ("a.webm", "libvpx-vp9")])
def test_matroska_cut_short_is_refused(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, moving(60), codec, g="12")
    assert len(whole(path)) == 60
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenFileError, match=rf"{name}: ends at [01]\.\d s of 2\.4 s; copy or download it again"):
        probe(path)


def test_transport_stream_cut_short_is_what_it_holds(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.ts", moving(60), g="12")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert len(whole(path)) == probe(path).frames
    assert 12 <= probe(path).frames < 60
