"""Reading: exact windows, colors, rotation, and files that are not what they should be."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from tests.media import damage, moving, write_video
from vidgan.video.reader import BrokenFileError, VideoInfo, iterate, probe, read_clip

CODECS = {
    "h264.mp4": ("libx264", {"g": "8", "bf": "3"}),
    "h264_open.mkv": ("libx264", {"g": "8", "bf": "3", "x264-params": "open-gop=1:log=0"}),
    "hevc_open.mp4": ("libx265", {"x265-params": "keyint=8:min-keyint=8:open-gop=1:bframes=3:log-level=none"}),
    "vp9.webm": ("libvpx-vp9", {"g": "8", "auto-alt-ref": "1", "lag-in-frames": "16"}),
    "mpeg4.avi": ("mpeg4", {"g": "8", "bf": "2"}),
    "mpeg2.ts": ("mpeg2video", {"g": "8", "bf": "2"}),
    "ffv1.mkv": ("ffv1", {}),
}


@pytest.mark.parametrize("name", CODECS)
def test_every_window_equals_the_sequential_decode(tmp_path: Path, name: str) -> None:
    codec, options = CODECS[name]
    path = write_video(tmp_path / name, moving(20), codec, **options)
    whole = np.stack(list(iterate(path)))
    assert probe(path) == VideoInfo(20, Fraction(25), 64, 48, has_audio=False)
    assert len(whole) == 20
    for start in range(18):
        np.testing.assert_array_equal(read_clip(path, start, 3), whole[start : start + 3])


@pytest.mark.parametrize("space", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
def test_colors_follow_the_tagged_matrix_and_range(tmp_path: Path, space: Colorspace, color_range: ColorRange) -> None:
    color, path = (200, 30, 90), tmp_path / "color.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "0"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv444p"
        stream.codec_context.colorspace, stream.codec_context.color_range = space, color_range
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), color, np.uint8), format="rgb24")
        frame = frame.reformat(format="yuv444p", dst_colorspace=space, dst_color_range=color_range)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    error = np.abs(read_clip(path, 0, 1).astype(int) - color)
    assert error.max() <= 2  # rounding to 8-bit YCbCr and back


def test_untagged_large_video_is_read_as_bt709(tmp_path: Path) -> None:
    path, luma = tmp_path / "large.mp4", 120
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 720, "yuv444p"
        planes = np.stack([np.full((720, 64), value, np.uint8) for value in (luma, 100, 180)])
        container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv444p")))
        container.mux(stream.encode())
    y, cb, cr = (luma - 16) * 255 / 219, (100 - 128) * 255 / 224, (180 - 128) * 255 / 224
    expected = (y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb)  # ITU-R BT.709-6, section 3
    np.testing.assert_allclose(read_clip(path, 0, 1)[0, 300, 30], expected, atol=1.5)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotated_video_is_read_upright(tmp_path: Path, degrees: int) -> None:
    frames = moving(3)
    plain = read_clip(write_video(tmp_path / "plain.mp4", frames), 0, 3)
    turned = write_video(tmp_path / "turned.mp4", frames, rotation=degrees)
    expected = np.rot90(plain, degrees // 90, axes=(1, 2))
    np.testing.assert_array_equal(read_clip(turned, 0, 3), expected)
    assert (probe(turned).height, probe(turned).width) == expected.shape[1:3]


def test_changed_file_is_probed_anew(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(4))
    assert probe(path).frames == 4
    write_video(path, moving(6))
    assert probe(path).frames == 6


def test_window_beyond_the_end_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(6))
    with pytest.raises(BrokenFileError, match=r"clip\.mp4: ends after 6 frames"):
        read_clip(path, 4, 3)


def test_damage_is_found_wherever_it_matters(tmp_path: Path) -> None:
    path = damage(write_video(tmp_path / "clip.mp4", moving(48), g="8", bf="0"))
    assert read_clip(path, 0, 8).shape == (8, 48, 64, 3)
    with pytest.raises(BrokenFileError, match=r"clip\.mp4"):
        list(iterate(path))


def test_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving(24))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenFileError, match=r"clip\.mp4: holds \d+ of 24 frames"):
        probe(path)


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    with pytest.raises(BrokenFileError, match=r"text\.mp4: cannot be read as video"):
        probe(text)
    with pytest.raises(BrokenFileError, match=r"absent\.mp4: there is no such video file"):
        probe(tmp_path / "absent.mp4")
