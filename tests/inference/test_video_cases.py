"""Videos as users have them, taken in and written out again: times, colors, tracks and shape, held to FFmpeg's own."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.inference.video_files import ffmpeg, made, rgb, shown, tags, times
from vidgan.inference.processing import process
from vidgan.inference.video_options import VideoOptions

H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
#: FFmpeg's program passes over where H.264 says that halved chroma lies; whole chroma lies in one place.
WHOLE_CHROMA = ("-c:v", "libx264", "-pix_fmt", "yuv444p")
QUIET = "log-level=none"
AS_TIMED = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000")
VFR = ("-vf", "settb=1/90000,setpts='if(lt(N,5),N/2,2.5+(N-5)/60)/TB'", *AS_TIMED)
FILM_TO_VIDEO = ("-vf", "settb=1/90000,setpts='if(lt(N,5),N/24,5/24+(N-5)/30)/TB'", *AS_TIMED)
LOSSLESS: Mapping[str, Any] = {"codec": "ffv1"}


@dataclass(frozen=True)
class Case:
    """A video, how it is processed, and what is expected beside the times of all its frames.

    Attributes:
        name: of the source, with its suffix.
        build: what FFmpeg is told to make of moving pictures, and of a tone where ``sound`` is set.
        out: suffix of the output.
        options: of the processing.
        looks: FFmpeg's filters that show the source as the output is to look; None compares no pixels.
        within: levels of 255 that a pixel may differ by: FFmpeg converts in another order than PyAV.
        skipped: pictures at the begin that are not compared.
        sound: whether the source has a tone.
        told: what the log says.
        expected: properties of the output's pictures.
    """

    name: str
    build: tuple[str, ...]
    out: str = ".mkv"
    options: Mapping[str, Any] = field(default_factory=lambda: LOSSLESS)
    looks: tuple[str, ...] | None = None
    within: float = 1
    skipped: int = 0
    sound: bool = False
    told: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)


def colored(matrix: str, full: bool, pixels: str) -> tuple[str, ...]:
    """Lossless frames that say their matrix and range."""
    limits = "pc" if full else "tv"
    filters = f"scale=out_color_matrix={matrix}:out_range={limits},format={pixels},setparams=colorspace={matrix}"
    return ("-vf", f"{filters}:range={limits}", "-c:v", "ffv1")


def untagged(size: str, matrix: str) -> tuple[str, ...]:
    filters = f"scale={size}:out_color_matrix={matrix},format=yuv420p,trim=end_frame=2"
    return ("-vf", f"{filters},setparams=colorspace=unknown:color_primaries=unknown", "-c:v", "ffv1")


def turned(*flags: str) -> tuple[str, ...]:
    """A display matrix, or an edit list, of a file that is copied."""
    return ("COPIED", *flags)


MP4: Mapping[str, Any] = {"codec": "h264", "preset": "ultrafast"}
WHOLE: Mapping[str, Any] = {**MP4, "quality": 0, "pixel_format": "yuv444p"}
HEVC: Mapping[str, Any] = {"codec": "hevc", "preset": "ultrafast"}
CASES = [
    # Time: every output is held to the times of its source; those of .mp4 and .mov exactly.
    Case("25.mp4", ("-r", "25", *H264), ".mp4", MP4),
    Case("film.mp4", ("-r", "24000/1001", *H264), ".mp4", MP4),
    Case("ntsc.mov", ("-r", "30000/1001", *H264), ".mov", MP4),
    Case("fast.mkv", ("-r", "60000/1001", *H264), ".mp4", MP4),
    Case("odd.mp4", ("-r", "17.3", *H264), ".mp4", MP4),
    Case("2_to_60.mp4", (*VFR, *H264), ".mp4", MP4),
    Case("2_to_60.mkv", (*VFR, *H264), ".mkv", MP4),
    Case("2_to_60.ts", (*VFR, *H264), ".mp4", MP4),
    Case("2_to_60_sound.mp4", (*VFR, *H264, "-c:a", "aac"), ".mp4", MP4, sound=True),
    Case("24_to_30.mp4", (*FILM_TO_VIDEO, *H264), ".mp4", MP4),
    Case("24_to_30.mov", (*FILM_TO_VIDEO, *H264), ".mov", MP4),
    Case("24_to_30_hevc.mp4", (*FILM_TO_VIDEO, *H264), ".mp4", HEVC),
    Case("late_picture.mkv", ("-vf", "setpts=PTS+0.36/TB", *H264, "-c:a", "aac"), ".mp4", MP4, sound=True),
    Case("late_sound.mkv", ("-af", "adelay=400", *H264, "-c:a", "aac"), ".mp4", MP4, sound=True),
    Case("starts_at_7.mkv", (*H264, "-output_ts_offset", "7"), ".mp4", MP4),
    Case("cut_by_edit_list.mp4", ("COPIED", "-ss", "0.35"), ".mp4", {**MP4, "strict": True}),
    Case("starts_below_0.mp4", (*H264, "-bf", "3", "-movflags", "+negative_cts_offsets"), ".mp4", MP4),
    Case(
        "open_gop.mp4",
        ("-c:v", "libx265", "-x265-params", "open-gop=1:keyint=4:min-keyint=4:log-level=none"),
        ".mp4",
        MP4,
    ),
    Case("open_gop.ts", (*H264, "-g", "4", "-bf", "2", "-x264-params", "open-gop=1"), ".mp4", MP4),
    Case("a.avi", ("-c:v", "mpeg4", "-bf", "2"), ".mp4", MP4),
    Case("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime"), ".mkv", MP4),
    Case("a.mpg", ("-r", "25", "-c:v", "mpeg2video"), ".mp4", MP4),
    Case("a.wmv", ("-c:v", "wmv2"), ".mp4", MP4),
    Case("a.y4m", ("-pix_fmt", "yuv420p"), ".mp4", MP4),
    # Color: what the output holds, losslessly, is what FFmpeg shows.
    Case("601.mkv", colored("smpte170m", False, "yuv420p"), looks=()),
    Case("601_full.mkv", colored("smpte170m", True, "yuv420p"), looks=()),
    Case("pal.mkv", colored("bt470bg", False, "yuv422p"), looks=()),
    Case("709.mkv", colored("bt709", False, "yuv420p"), looks=()),
    Case("709_full.mkv", colored("bt709", True, "yuv444p"), looks=()),
    Case("240m.mkv", colored("smpte240m", False, "yuv420p"), looks=()),
    Case("fcc.mkv", colored("fcc", False, "yuv444p"), looks=()),
    Case("gray.mkv", ("-pix_fmt", "gray", "-c:v", "ffv1"), looks=()),
    Case("rgb.mkv", ("-pix_fmt", "bgr0", "-c:v", "ffv1"), looks=(), within=0),
    Case("rgba.mkv", ("-pix_fmt", "bgra", "-c:v", "ffv1"), looks=(), within=0),
    Case("jpeg.avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2"), looks=()),
    Case("sd.mkv", untagged("720x480", "smpte170m"), looks=("setparams=colorspace=smpte170m",)),
    Case("pal_untagged.mkv", untagged("720x576", "bt470bg"), looks=("setparams=colorspace=bt470bg",)),
    Case("wide.mkv", untagged("1280x534", "bt709"), looks=("setparams=colorspace=bt709",)),
    Case("hd.mkv", untagged("1280x720", "bt709"), looks=("setparams=colorspace=bt709",)),
    Case("tall.mkv", untagged("480x640", "bt709"), looks=("setparams=colorspace=bt709",)),
    Case("10_bit.mkv", colored("bt709", False, "yuv420p10le"), looks=(), expected={"pixels": "gbrp16le"}),
    Case("10_bit_601.mkv", colored("smpte170m", False, "yuv422p10le"), looks=(), expected={"pixels": "gbrp16le"}),
    Case("12_bit.mkv", colored("bt709", True, "yuv444p12le"), looks=(), expected={"pixels": "gbrp16le"}),
    Case("16_bit.mkv", ("-pix_fmt", "gray16le", "-c:v", "ffv1"), looks=(), expected={"pixels": "gbrp16le"}),
    Case("odd_size.mkv", ("-vf", "crop=47:33", *H264, "-pix_fmt", "yuv444p"), looks=()),
    # Shape: rows and columns are where FFmpeg puts them.
    *(Case(f"turned_{angle}.mp4", turned("-display_rotation", str(angle)), looks=()) for angle in (90, 180, 270)),
    Case("mirrored.mp4", turned("-display_hflip"), looks=()),
    Case("upside_down.mp4", turned("-display_vflip"), looks=()),
    *(
        Case(f"turned_{angle}_mirrored.mp4", turned("-display_rotation", str(angle), "-display_hflip"), looks=())
        for angle in (90, 180, 270)
    ),
    Case("wide_pixels.mp4", ("-vf", "setsar=4/3", *H264), ".mp4", MP4, expected={"shape": Fraction(4, 3)}),
    Case(
        "wide_pixels_turned.mp4",
        turned("-display_rotation", "90", "SAR"),
        ".mp4",
        MP4,
        expected={"shape": Fraction(3, 4)},
    ),
    Case(
        "fields.mkv",
        ("-vf", "tinterlace=interleave_top,setfield=tff", *H264, "-flags", "+ildct+ilme"),
        told="is interlaced; deinterlace=true joins its fields",
    ),
    Case(
        "fields_joined.mkv",
        ("-vf", "tinterlace=interleave_top,setfield=tff", *WHOLE_CHROMA, "-flags", "+ildct+ilme"),
        options={**LOSSLESS, "deinterlace": True},
        looks=("bwdif=mode=send_frame:deint=interlaced",),
        skipped=1,  # which versions of FFmpeg's filter make in different ways
    ),
    # How it is coded.
    Case("c1.mkv", H264, ".mp4", MP4, expected={"codec": "h264", "pixels": "yuv420p", "tags": (1, 1, 1, 1)}),
    Case(
        "c2.mkv",
        H264,
        ".mp4",
        HEVC,
        expected={"codec": "hevc", "tags": (1, 1, 1, 1)},
    ),
    Case(
        "c3.mkv",
        colored("bt709", False, "yuv420p10le"),
        ".mp4",
        HEVC,
        expected={"codec": "hevc", "pixels": "yuv420p10le"},
    ),
    Case("c4.mkv", H264, ".mkv", {"codec": "av1", "preset": "12"}, expected={"codec": "libdav1d", "pixels": "yuv420p"}),
    Case("c5.mkv", H264, ".webm", {"preset": "12"}, expected={"codec": "libdav1d"}),
    Case("c6.mkv", H264, ".mov", {"codec": "prores"}, expected={"codec": "prores", "pixels": "yuv422p10le"}),
    Case("c7.mkv", H264, ".mp4", {**MP4, "pixel_format": "yuv420p10le"}, expected={"pixels": "yuv420p10le"}),
    Case(
        "c8.mkv",
        colored("smpte170m", False, "yuv444p"),
        ".mp4",
        {**MP4, "quality": 0, "pixel_format": "yuv444p"},
        looks=(),
        within=3,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_video_is_written_as_it_is_shown(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source, out = built(tmp_path / case.name, case), tmp_path / f"out{case.out}"
    with caplog.at_level(logging.WARNING):
        process(source, out, lambda given: given, VideoOptions(**case.options))
    assert ("" if not caplog.text else caplog.messages[0]).endswith(case.told)
    whole = 1 / Fraction(2000) if case.out in (".mkv", ".webm") else 0  # Matroska counts milliseconds
    expected = times(source)
    begin = start(source)
    assert max(abs(time - begin - found) for time, found in zip(expected, times(out), strict=True)) <= whole
    if case.looks is not None:
        wanted = shown(source, *case.looks, deep=True)
        found = rgb(out, deep=True) if case.options.get("codec") == "ffv1" else shown(out, deep=True)
        assert found.shape == wanted.shape
        worst = int(np.abs(found.astype(int) - wanted)[case.skipped :].max())
        assert worst <= 257 * case.within
    with av.open(str(out)) as container:
        pictures = container.streams.video[0]
        properties = {
            "codec": pictures.codec_context.name,
            "pixels": pictures.pix_fmt,
            "shape": pictures.sample_aspect_ratio,
            "tags": tags(out),
        }
    assert {name: properties[name] for name in case.expected} == dict(case.expected)


def start(path: Path) -> Fraction:
    """The first time of any packet of pictures or sound."""
    with av.open(str(path)) as container:
        video, *rest = container.streams.video[0], *container.streams.audio
        starts = [stream.start_time * stream.time_base for stream in (video, *rest) if stream.start_time is not None]
        base = video.time_base
    return min(starts, default=Fraction(0)) // base * base


def built(path: Path, case: Case) -> Path:
    if case.build[0] != "COPIED":
        return made(path, *case.build, sound=case.sound)
    flags = [flag for flag in case.build[1:] if flag != "SAR"]
    shape = ("-vf", "setsar=4/3") if "SAR" in case.build else ()
    plain = made(path.with_name("plain.mp4"), *shape, *WHOLE_CHROMA, "-bf", "2")
    ffmpeg(*flags, "-i", plain, "-c", "copy", path)
    return path
