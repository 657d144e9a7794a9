"""What a video holds beside its pictures, damage, and wide colors; sound stays in step."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.inference.video_files import TONE, ffmpeg, made, rgb, shown, start_of_sound, tags, times, tracks
from tests.media import damage, moving, write_video
from vidgan.errors import UserError
from vidgan.inference.processing import process
from vidgan.inference.video_options import VideoOptions
from vidgan.video.playback import Playback

H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast")
FAST: Mapping[str, Any] = {"codec": "h264", "preset": "ultrafast"}


def processed(source: Path, out: Path, **options: Any) -> Path:
    return process(source, out, lambda given: given, VideoOptions(**{**FAST, **options}))


@pytest.mark.parametrize(
    ("suffix", "codec", "out", "sound", "expected"),
    [
        (".mp4", "aac", ".mp4", "copy", "aac"),
        (".ts", "aac", ".mp4", "copy", "aac"),
        (".ts", "mp2", ".mp4", "copy", "mp3float"),
        (".mkv", "flac", ".mkv", "copy", "flac"),
        (".mkv", "libopus", ".mp4", "copy", "opus"),
        (".mkv", "libopus", ".mov", "copy", "aac"),
        (".mkv", "pcm_s16le", ".mkv", "copy", "pcm_s16le"),
        (".wmv", "wmav2", ".mkv", "copy", "aac"),
        (".wmv", "wmav2", ".mp4", "copy", "aac"),
        (".mov", "pcm_mulaw", ".mkv", "copy", "aac"),
        (".avi", "adpcm_ms", ".mkv", "copy", "aac"),
        (".mkv", "pcm_u8", ".mp4", "copy", "aac"),
        (".mkv", "flac", ".mp4", "aac", "aac"),
        (".mp4", "aac", ".mkv", "opus", "opus"),
        (".mp4", "aac", ".mp4", "none", None),
    ],
)
def test_sound_is_kept_at_its_time(
    suffix: str, codec: str, out: str, sound: str, expected: str | None, tmp_path: Path
) -> None:
    """A tone begins half a second after the pictures, and does so in what is written, within half a frame."""
    video = ("-c:v", "wmv2") if suffix == ".wmv" else ("-c:v", "mpeg4") if suffix == ".avi" else H264
    source = made(tmp_path / f"in{suffix}", *video, "-af", "adelay=500", "-c:a", codec, "-shortest", sound=True)
    path = processed(source, tmp_path / f"out{out}", sound=sound)
    found = tracks(path)
    assert [name for kind, name, _, _ in found] == ([expected] if expected else [])
    if expected:
        first = {name: float(times(name)[0]) for name in (source, path)}
        assert start_of_sound(path) - first[path] == pytest.approx(start_of_sound(source) - first[source], abs=0.05)


def rich(path: Path) -> Path:
    """Two sound tracks, subtitles and chapters, with languages and titles."""
    words, marks = path.with_name("words.srt"), path.with_name("marks.txt")
    words.write_text("1\n00:00:00,200 --> 00:00:00,600\nHello\n")
    marks.write_text(
        ";FFMETADATA1\ntitle=Holiday\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Sea\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Hill\n"
    )
    made(path.with_name("plain.mkv"), *H264)
    maps = [f for number in range(4) for f in ("-map", str(number))]
    named = []
    for number, (language, title) in enumerate([("ger", "Ton"), ("fre", "Commentaire")]):
        named += [f"-metadata:s:a:{number}", f"language={language}", f"-metadata:s:a:{number}", f"title={title}"]
    ffmpeg("-i", path.with_name("plain.mkv"), *TONE, *TONE, "-i", words, "-i", marks, *maps, "-map_metadata", "4",
           "-map_chapters", "4", "-c:v", "copy", "-c:a", "aac", "-c:s", "srt", *named,
           "-metadata:s:s:0", "language=eng", "-disposition:a:0", "0",
           "-disposition:a:1", "default+comment", path)  # fmt: skip
    return path


def test_all_tracks_keep_their_names(tmp_path: Path) -> None:
    path = processed(rich(tmp_path / "in.mkv"), tmp_path / "out.mkv")
    assert tracks(path) == [
        ("audio", "aac", "ger", "Ton"),
        ("audio", "aac", "fre", "Commentaire"),
        ("subtitle", "srt", "eng", None),
    ]
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Holiday"
        chapters = [(part["start"] * part["time_base"], part["metadata"]["title"]) for part in container.chapters()]
        kinds = [stream.disposition for stream in container.streams.audio]
        (line,) = [packet for packet in container.demux(subtitles=0) if packet.size]
    assert chapters == [(0, "Sea"), (Fraction(1, 2), "Hill")]
    assert kinds == [0, av.stream.Disposition.default | av.stream.Disposition.comment]
    assert (bytes(line), line.pts * line.time_base) == (b"Hello", Fraction(1, 5))


def test_what_a_container_cannot_hold_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = processed(rich(tmp_path / "in.mkv"), tmp_path / "out.mp4")
    assert [(kind, language) for kind, _, language, _ in tracks(path)] == [("audio", "ger"), ("audio", "fre")]
    assert "left out, as .mp4 files cannot hold it: srt subtitles (eng); a .mkv holds more" in caplog.text
    with av.open(str(path)) as container:
        assert [part["metadata"]["title"] for part in container.chapters()] == ["Sea", "Hill"]


def test_a_film_of_an_hour_stays_in_step(tmp_path: Path) -> None:
    """Every 576th picture of 23.976 a second, and a tone that begins at the end of the hour."""
    source = tmp_path / "in.mov"
    pictures = "color=s=16x16:r=1000/24024:d=3600,settb=1/24000"
    ffmpeg("-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", "sine=r=8000:d=1,adelay=3599000", "-c:a", "aac",
           *H264, "-fps_mode", "passthrough", "-enc_time_base", "1/24000", source)  # fmt: skip
    path = processed(source, tmp_path / "out.mp4")
    assert times(path) == [number * 576 * Fraction(1001, 24000) for number in range(150)]
    begins = start_of_sound(path, after=3590)
    assert begins == pytest.approx(3599, abs=1001 / 24000 / 2)
    assert begins == start_of_sound(source, after=3590)


def test_a_cut_transport_stream_keeps_what_can_be_decoded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = write_video(tmp_path / "whole.ts", moving(60), g="12")
    data, cut = whole.read_bytes(), tmp_path / "cut.ts"
    cut.write_bytes(data[len(data) // 8 : len(data) * 3 // 4])
    path = processed(cut, tmp_path / "out.mp4")
    assert 20 <= len(times(path)) <= 45
    assert "cannot be decoded" in caplog.text
    with pytest.raises(UserError, match=r"strict=false|damaged|repair"):
        processed(cut, tmp_path / "strict.mp4", strict=True)
    assert not (tmp_path / "strict.mp4").exists()


def test_lost_frames_are_bridged_at_their_times(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = damage(write_video(tmp_path / "in.mp4", moving(48), g="8", bf="0"))
    path = processed(source, tmp_path / "out.mkv", codec="ffv1", preset=None)
    assert [float(time) for time in times(path)] == pytest.approx([number / 25 for number in range(48)], abs=5e-4)
    pictures = rgb(path)
    assert (pictures[-1] == pictures[-2]).all()
    assert not (pictures[6] == pictures[7]).all()
    assert "frames cannot be decoded; each is the one before it" in caplog.text
    with pytest.raises(UserError, match="damaged after"):
        processed(source, tmp_path / "strict.mkv", strict=True)


def test_a_file_cut_short_is_used_as_far_as_it_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_video(tmp_path / "in.mp4", moving(24))
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 3 // 4])
    path = processed(source, tmp_path / "out.mp4")
    assert 1 <= len(times(path)) < 24
    assert "of 24 frames; what is there is used" in caplog.text
    with pytest.raises(UserError, match="of 24 frames; copy or download it again"):
        processed(source, tmp_path / "strict.mp4", strict=True)


def test_sound_that_goes_back_in_time_does_not_stop_the_pictures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two recordings in one file, as ``cat`` joins them: the clock of the second begins anew."""
    first = made(tmp_path / "first.ts", *H264, "-c:a", "aac", sound=True)
    (tmp_path / "in.ts").write_bytes(2 * first.read_bytes())
    path = processed(tmp_path / "in.ts", tmp_path / "out.mp4")
    assert "packets of its sound go back in time and are left out" in caplog.text
    assert len(times(path)) >= 10
    assert [(kind, codec) for kind, codec, _, _ in tracks(path)] == [("audio", "aac")]


def test_sound_that_cannot_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = made(tmp_path / "in.ts", *H264, "-c:a", "mp2", sound=True)
    packets = bytearray(source.read_bytes())
    for start in range(0, len(packets), 188):
        if int.from_bytes(packets[start + 1 : start + 3]) & 0x1FFF == 0x101:  # of the sound
            packets[start + 4 : start + 188] = bytes(184)
    source.write_bytes(packets)
    path = processed(source, tmp_path / "out.mp4")
    assert "its sound cannot be read and is left out" in caplog.text
    assert len(times(path)) == 10
    assert tracks(path) == []


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    says = "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=bt2020-10:range=tv"
    filters = f"hue=s=0.4,scale=out_color_matrix=bt2020:out_range=tv,format=yuv444p10le,{says}"
    return made(tmp_path / "wide.mkv", "-vf", filters, "-c:v", "ffv1")


def test_bt2020_becomes_bt709(wide: Path, tmp_path: Path) -> None:
    """FFmpeg's filter works with 10 bits on the way, and its curve for light is another approximation."""
    path = processed(wide, tmp_path / "out.mkv", codec="ffv1", preset=None)
    wanted = shown(wide, "colorspace=all=bt709:iall=bt2020:format=yuv444p10", deep=True)
    apart = np.abs(rgb(path, deep=True).astype(int) - wanted) / 257
    assert apart.mean() < 1
    assert apart.max() < 4


def test_bt2020_is_kept_on_request(wide: Path, tmp_path: Path) -> None:
    path = processed(wide, tmp_path / "out.mp4", codec="hevc", color="keep", quality=1)
    assert tags(path) == (9, 9, 14, 1)
    apart = np.abs(shown(path, deep=True).astype(int) - shown(wide, deep=True)) / 257
    assert apart.mean() < 2


def test_hdr_is_refused(tmp_path: Path) -> None:
    says = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    source = made(tmp_path / "in.mkv", "-vf", says, "-c:v", "ffv1")
    with pytest.raises(UserError, match=r"is HDR video \(PQ\); map its tones"):
        processed(source, tmp_path / "out.mkv")


@pytest.mark.parametrize(
    ("out", "options", "sentence"),
    [
        (".mp4", {"codec": "h266"}, r"codec=h266: this build of FFmpeg has no encoder for it; it has h264, hevc"),
        (".mp4", {"codec": "ffv1"}, r"cannot hold ffv1 video; name it \.mkv"),
        (".mov", {"codec": "prores", "quality": 3}, "quality=3: prores has no quality to choose"),
        (".mp4", {"pixel_format": "rgb565"}, "pixel_format=rgb565: libx264 has yuv420p, "),
        (".mp4", {"pixel_format": "none"}, "pixel_format=none: libx264 has yuv420p, "),
        (".mp4", {"preset": "quick"}, "choose another codec, pixel_format, quality or preset"),
        (".xyz", {}, r"cannot write \.xyz files"),
    ],
)
def test_what_cannot_be_written_is_told(out: str, options: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    source = made(tmp_path / "in.mkv", *H264)
    with pytest.raises(UserError, match=sentence):
        processed(source, tmp_path / f"out{out}", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_a_video_says_what_it_is(tmp_path: Path) -> None:
    video = Playback(made(tmp_path / "in.mkv", "-pix_fmt", "yuv420p10le", "-c:v", "ffv1"))
    assert (video.count, video.fps, video.width, video.height, video.deep) == (10, 10, 64, 48, True)
