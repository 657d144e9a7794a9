"""Written files read back: size, rate, number, color and sound; nothing half-written."""

import os
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.media import moving
from vidgan.errors import UserError
from vidgan.video.playback import Playback
from vidgan.video.reader import Frames, iterate, probe
from vidgan.video.settings import Encoding
from vidgan.video.writer import FolderWriter, PictureWriter, VideoWriter, writer

NTSC = Fraction(30000, 1001)


def smooth(count: int, height: int, width: int) -> list[Frames]:
    """Color gradients that move."""
    y, x = np.mgrid[:height, :width]
    planes = [[x * 4 + 3 * t, y * 4 + 2 * t, x * 2 + y * 2 + t] for t in range(count)]
    return [np.stack(p, axis=-1).clip(0, 255).astype(np.uint8) for p in planes]


def noisy(count: int, height: int = 9, width: int = 13) -> list[Frames]:
    return list(np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def written(path: Path, frames: list[Frames], fps: Fraction = NTSC, **arguments: object) -> Path:
    with VideoWriter(path, fps, **arguments) as out:
        for frame in frames:
            out.write(frame)
    return path


def with_tone(path: Path, seconds: int = 2, audio: str = "aac") -> Path:
    """A video of 25 frames a second with a 440 Hz tone and pixels of shape 4:3."""
    rate = 48000
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        sound = container.add_stream(audio, rate=rate, layout="mono")
        for frame in smooth(25 * seconds, 32, 32):
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        wave = np.sin(2 * np.pi * 440 * np.arange(rate * seconds) / rate)
        tone = av.AudioFrame.from_ndarray((wave * 20000).astype(np.int16)[None], format="s16", layout="mono")
        tone.sample_rate = rate
        container.mux(sound.encode(tone))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path


def sound_of(path: Path) -> tuple[list[tuple[float, bytes]], np.ndarray]:
    """Packets of the sound, (seconds, bytes), and its samples."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(audio=0) if p.dts is not None]
        timed = [(float(p.pts * p.time_base), bytes(p)) for p in packets]
    with av.open(str(path)) as container:
        return timed, np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("fps", [Fraction(25), NTSC, Fraction(60)])
def test_rate_size_and_count_are_kept(tmp_path: Path, suffix: str, fps: Fraction) -> None:
    """Matroska counts in milliseconds, which is all that is lost."""
    info = probe(written(tmp_path / f"a{suffix}", smooth(7, 32, 48), fps))
    assert (info.frames, info.width, info.height, info.has_audio) == (7, 48, 32, False)
    assert info.fps == pytest.approx(fps, rel=1e-3 if suffix == ".mkv" else 0)


@pytest.mark.parametrize(("height", "width", "layout"), [(32, 48, "yuv420p"), (31, 47, "yuv444p"), (32, 47, "yuv444p")])
def test_odd_sizes_are_kept_with_full_chroma(tmp_path: Path, height: int, width: int, layout: str) -> None:
    path = written(tmp_path / "a.mp4", smooth(3, height, width))
    assert [frame.shape for frame in iterate(path)] == [(height, width, 3)] * 3
    with av.open(str(path)) as container:
        assert container.streams.video[0].pix_fmt == layout


def test_colors_come_back_and_are_tagged_bt709(tmp_path: Path) -> None:
    frames = smooth(3, 32, 48)
    path = written(tmp_path / "a.mp4", frames, encoding=Encoding(quality=1))
    for made, frame in zip(iterate(path), frames, strict=True):
        assert np.abs(made.astype(int) - frame).mean() < 2
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    assert tags == (1, 1, 1, 1)


def test_flat_colors_come_back_within_two_levels(tmp_path: Path) -> None:
    """A wrong matrix or range would be off by ten and more."""
    for color in [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (180, 90, 30)]:
        frame = np.full((32, 32, 3), color, np.uint8)
        (made,) = iterate(written(tmp_path / "a.mp4", [frame], encoding=Encoding(quality=1)))
        assert np.abs(made.astype(int) - frame).max() <= 2, color


def test_compression_does_not_depend_on_the_number_of_cores(tmp_path: Path) -> None:
    """The degradation H.264 makes inputs of it, whose scores are compared between machines."""
    frames, cores = list(moving(6, 480, 64)), os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        one = written(tmp_path / "one.mp4", frames)
    finally:
        os.sched_setaffinity(0, cores)
    assert written(tmp_path / "all.mp4", frames).read_bytes() == one.read_bytes()


def test_lossless_video_is_bit_exact(tmp_path: Path) -> None:
    frames = noisy(4)
    path = written(tmp_path / "a.mkv", frames, encoding=Encoding(codec="ffv1"))
    assert all(np.array_equal(a, b) for a, b in zip(iterate(path), frames, strict=True))


def test_a_folder_of_pictures_is_bit_exact(tmp_path: Path) -> None:
    frames = noisy(3)
    with writer(tmp_path / "new" / "frames", NTSC) as out:
        for frame in frames:
            out.write(frame)
    files = sorted((tmp_path / "new" / "frames").iterdir())
    assert [file.name for file in files] == ["00000000.png", "00000001.png", "00000002.png"]
    assert all(np.array_equal(cv2.imread(str(f))[..., ::-1], frame) for f, frame in zip(files, frames, strict=True))


def test_a_picture(tmp_path: Path) -> None:
    (frame,) = noisy(1)
    with writer(tmp_path / "a.png", NTSC) as out:
        out.write(frame)
    assert isinstance(out, PictureWriter)
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], frame)


@pytest.mark.parametrize(("audio", "suffix"), [("aac", ".mp4"), ("libopus", ".mkv")])
def test_sound_and_pixel_shape_are_those_of_the_source(tmp_path: Path, audio: str, suffix: str) -> None:
    source = with_tone(tmp_path / f"source{suffix}", audio=audio)
    path = written(tmp_path / f"a{suffix}", smooth(50, 64, 64), Fraction(25), source=Playback(source))
    assert probe(path).has_audio
    packets, samples = sound_of(path)
    expected_packets, expected_samples = sound_of(source)
    assert [data for _, data in packets] == [data for _, data in expected_packets]
    assert [time for time, _ in packets] == pytest.approx([time for time, _ in expected_packets], abs=2e-3)
    assert np.array_equal(samples, expected_samples)
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize(("audio", "suffix"), [("pcm_u8", ".mp4"), ("libopus", ".mov")])
def test_sound_that_the_container_cannot_hold_is_coded_anew(
    tmp_path: Path, audio: str, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = with_tone(tmp_path / "source.mkv", audio=audio)
    path = written(tmp_path / f"a{suffix}", smooth(50, 32, 32), Fraction(25), source=Playback(source))
    assert f"sound does not fit in {suffix} files and is coded anew as aac" in caplog.text
    (_, expected), (_, samples) = sound_of(source), sound_of(path)
    assert len(samples) == pytest.approx(len(expected), abs=2048)  # AAC pads its last packet


def test_sound_is_interleaved_with_the_frames(tmp_path: Path) -> None:
    """Players of streams need both together; all sound at the end would leave most pictures before the first packet."""
    path = written(
        tmp_path / "a.mp4", smooth(100, 32, 32), Fraction(25), source=Playback(with_tone(tmp_path / "s.mp4", seconds=4))
    )
    with av.open(str(path)) as container:
        kinds = [packet.stream.type for packet in container.demux() if packet.dts is not None]
    assert kinds.index("audio") < 80
    assert kinds[: len(kinds) // 2].count("audio") > kinds.count("audio") // 4


def test_a_source_without_sound_gives_none(tmp_path: Path) -> None:
    source = written(tmp_path / "source.mp4", smooth(3, 32, 32))
    assert not probe(written(tmp_path / "a.mp4", smooth(3, 32, 32), source=Playback(source))).has_audio


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "frames"])
def test_nothing_is_left_of_what_failed_midway_and_the_old_file_stays(tmp_path: Path, name: str) -> None:
    if name != "frames":
        (tmp_path / name).write_text("old")
    before = sorted(path.name for path in tmp_path.iterdir())

    def fail() -> None:
        with writer(tmp_path / name, NTSC) as out:
            out.write(smooth(1, 32, 32)[0])
            assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert name == "frames" or (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize(
    ("place", "told"), [("/dev/full", "No space left on device"), ("/nowhere/a.mp4", "No such file or directory")]
)
def test_what_the_system_refuses_is_one_sentence_and_leaves_nothing(place: str, told: str, tmp_path: Path) -> None:
    """/dev/full answers every write with "no space left on device"."""

    def fill() -> None:
        with VideoWriter(tmp_path / "a.mp4", NTSC) as out:
            out.temporary.symlink_to(place)
            for frame in noisy(60, 64, 64):
                out.write(frame)

    with pytest.raises(UserError, match=rf"a\.mp4 cannot be written: {told}; nothing is left of it"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_tells_nothing_of_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.mp4", "a.webm"):
        with VideoWriter(tmp_path / name, NTSC) as out:
            out.write(noisy(1, 64, 64)[0])
    assert capfd.readouterr() == ("", "")


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write \.xyz files; give one of \.mp4"):
        writer(tmp_path / "a.xyz", NTSC)
    with pytest.raises(UserError, match=r"name it \.mkv"):
        VideoWriter(tmp_path / "a.mp4", NTSC, encoding=Encoding(codec="ffv1"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UserError, match="is there already"):
        FolderWriter(tmp_path / "full")
    with pytest.raises(UserError, match="there are no frames"), VideoWriter(tmp_path / "a.mp4", NTSC):
        pass
    with pytest.raises(UserError, match="cannot be made"), writer(tmp_path / "full" / "file" / "a.png", NTSC):
        pass
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize(("suffix", "width"), [(".webp", 16_384), (".jpg", 65_536)])
def test_a_picture_beyond_its_format_is_refused(tmp_path: Path, suffix: str, width: int) -> None:
    """One pixel more than the most that the format counts."""
    with (
        pytest.raises(UserError, match=rf"{width} x 1 pixels cannot be written as {suffix}; write it as \.png"),
        PictureWriter(tmp_path / f"wide{suffix}") as output,
    ):
        output.write(np.zeros((1, width, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_none_or_a_folders_is_refused_before_a_frame_is_written(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").mkdir()
    for path, fault in (
        (tmp_path / "film.mp4", "is a folder, and a .mp4 file"),
        (Path("/"), "is there already|is no name"),
    ):
        with pytest.raises(UserError, match=fault), writer(path, Fraction(25)) as out:
            out.write(noisy(1)[0])


@pytest.mark.parametrize("name", ["out.mp4", "out.png", "out"])
def test_what_another_process_has_written_meanwhile_stays_and_so_does_ones_own(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    mine = writer(path, Fraction(25), overwrite=True).__enter__()
    mine.write(np.zeros((16, 16, 3), np.uint8))
    path.write_bytes(b"theirs")
    with pytest.raises(UserError, match=r"was written by another process meanwhile; what was made here is .*out_2"):
        mine.__exit__(None, None, None)
    assert path.read_bytes() == b"theirs"
    assert sorted(there.name for there in tmp_path.iterdir()) == [name, f"out_2{path.suffix}"]
    assert path.with_stem("out_2").is_dir() is (name == "out")
