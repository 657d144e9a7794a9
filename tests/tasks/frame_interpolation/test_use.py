"""Frames between those of a video, from file to file; the toy network blends, so that a level tells the time."""

import logging
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.inference.video_files import ffmpeg, rgb, times, tracks
from vidgan.errors import UserError
from vidgan.generators.interpolation import Between, Interpolator
from vidgan.inference.trained import Trained
from vidgan.tasks.frame_interpolation.options import Options
from vidgan.tasks.frame_interpolation.use import interpolate
from vidgan.video.reader import Frames, iterate

CLIPS = Path(__file__).parents[3] / "assets" / "clips"
FILM = Fraction(24000, 1001)


class Blend(Interpolator):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[tuple[int, ...], float]] = []
        self.times: list[float] = []

    def between(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Between:
        self.asked.append((tuple(first.shape), scale))
        self.times += time.flatten().tolist()
        weight = (1 - time).expand(-1, 1, *first.shape[-2:])
        return Between(
            weight * first + (1 - weight) * second, first.new_zeros(len(first), 4, *first.shape[-2:]), weight
        )


class Middle(Blend):
    any_time = False


def picture(level: int, dtype: Any = np.uint8) -> np.ndarray:
    """(48, 62, 3) soft stripes, so much lighter."""
    rows = (40 * np.sin(np.arange(48) / 5)[:, None, None] + 60).round() + level
    return np.broadcast_to(rows, (48, 62, 3)).astype(dtype) * (257 if dtype == np.uint16 else 1)


def level(frame: np.ndarray) -> float:
    """Of such a picture, which it has to be."""
    most = 257 if frame.dtype == np.uint16 else 1
    found = frame.astype(np.float64) / most - picture(0)
    assert np.ptp(found) <= 1 / 100
    return float(found.mean())


def video(
    path: Path, levels: Sequence[int], fps: Fraction = Fraction(24), stamps: Sequence[Fraction] | None = None
) -> Path:
    """A lossless video of such pictures, at a constant rate or at the times that are given."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=fps, options={"qp": "0", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 48, 62, "rgb24"
        base = Fraction(1, 90000) if stamps else 1 / fps
        stream.codec_context.time_base = base
        for number, value in enumerate(levels):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(value)), format="rgb24")
            frame.time_base, frame.pts = base, round(stamps[number] / base) if stamps else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def heard(path: Path, like: Path, *more: str) -> Path:
    """The video with a tone beside it."""
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1")
    ffmpeg("-i", like, *tone, *more, "-c:v", "copy", "-c:a", "aac", path)
    return path


def packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Of sound, with their times."""
    with av.open(str(path)) as container:
        sound = container.demux(container.streams.audio[0])
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in sound if packet.size]


def made(source: Path, out: Path, network: Interpolator | None = None, **options: Any) -> Path:
    lossless = {"codec": "ffv1"} if out.suffix == ".mkv" else {"preset": "ultrafast"}
    return interpolate(source, out, trained=Trained(network or Blend()), **{**lossless, **options})


def levels(path: Path) -> list[float]:
    return [round(level(frame), 2) for frame in rgb(path)]


def test_film_becomes_video_of_sixty_frames_a_second(tmp_path: Path) -> None:
    source, network = video(tmp_path / "in.mp4", range(0, 100, 10)), Blend()
    made(source, tmp_path / "out.mkv", network, fps=60)
    found = levels(tmp_path / "out.mkv")
    assert found == [*range(0, 91, 4), 90, 90]  # 2/5 of 10 levels from frame to frame
    assert len(network.times) == 18  # of 25 five are the input's own, and the last two repeat its last
    assert {round(time, 4) for time in network.times} == {0.2, 0.4, 0.6, 0.8}
    np.testing.assert_array_equal(rgb(tmp_path / "out.mkv")[::5], rgb(source)[::2])


@pytest.mark.parametrize(
    ("own", "options", "rate"),
    [
        (Fraction(24), {"fps": "60"}, Fraction(60)),
        (FILM, {"fps": "60000/1001"}, Fraction(60000, 1001)),
        (FILM, {"fps": "60"}, Fraction(60)),
        (FILM, {"factor": "2.5"}, Fraction(60000, 1001)),
        (Fraction(25), {"factor": 2}, Fraction(50)),
        (Fraction(25), {"slow": 4}, Fraction(25)),
        (Fraction(30), {"fps": 10}, Fraction(10)),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_time_stamps_of_files(
    suffix: str, own: Fraction, options: dict[str, Any], rate: Fraction, tmp_path: Path
) -> None:
    source = video(tmp_path / "in.mp4", range(0, 72, 6), own)
    out = made(source, tmp_path / f"out{suffix}", **options, **({"codec": "h264"} if suffix == ".mkv" else {}))
    stamps = times(out)
    assert len(stamps) == -(-12 * options.get("slow", 1) * rate // own)
    off = max(abs(stamp - number / rate) for number, stamp in enumerate(stamps))
    assert off <= (Fraction(1, 2000) if suffix == ".mkv" else 0)
    with av.open(str(out)) as container:
        average = container.streams.video[0].average_rate
    assert abs(average / rate - 1) < (1e-3 if suffix == ".mkv" else 1e-9)


def test_a_varying_rate_becomes_a_constant_one(tmp_path: Path) -> None:
    """Levels are a hundred times the seconds, in the input and in the output."""
    stamps = [Fraction(n, 100) for n in (0, 4, 10, 14, 25, 30, 42)]
    source = video(tmp_path / "in.mp4", [int(100 * stamp) for stamp in stamps], stamps=stamps)
    found = levels(made(source, tmp_path / "out.mkv", fps=50))
    assert found[:22] == list(range(0, 43, 2))
    assert set(found[22:]) <= {42}


def test_a_begin_that_is_late_stays_late(tmp_path: Path) -> None:
    stamps = [Fraction(1, 8) + Fraction(n, 24) for n in range(6)]
    late = video(tmp_path / "late.mp4", range(0, 60, 10), stamps=stamps)
    source = heard(tmp_path / "in.mp4", late, "-copyts")
    assert times(source)[0] == Fraction(1, 8)
    out = made(source, tmp_path / "out.mp4", fps=60)
    assert times(out)[:3] == [Fraction(1, 8) + Fraction(n, 60) for n in range(3)]
    assert [part for _, part in packets(out)] == [part for _, part in packets(source)]


@pytest.mark.parametrize("own", [Fraction(24), FILM])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_is_untouched_and_in_step(suffix: str, own: Fraction, tmp_path: Path) -> None:
    source = heard(tmp_path / f"in{suffix}", video(tmp_path / "silent.mp4", range(0, 120, 5), own))
    out = made(source, tmp_path / f"out{suffix}", fps="60000/1001")
    assert packets(out) == packets(source)
    assert times(out)[0] == times(source)[0]


def test_slow_goes_without_what_would_not_be_in_step(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words, marks = tmp_path / "words.srt", tmp_path / "marks.txt"
    words.write_text("1\n00:00:00,200 --> 00:00:00,600\nHello\n")
    marks.write_text(";FFMETADATA1\ntitle=Holiday\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Sea\n")
    more = ("-i", str(words), "-i", str(marks), "-map_metadata", "3", "-metadata:s:s:0", "language=eng", "-c:s", "srt")
    source = heard(tmp_path / "in.mkv", video(tmp_path / "silent.mp4", range(0, 60, 10)), *more)
    with caplog.at_level(logging.WARNING):
        out = made(source, tmp_path / "out.mkv", slow="2")
    (told,) = caplog.messages
    assert told.endswith("left out, as the pictures are slower or faster now: aac sound, srt subtitles (eng), chapters")
    assert tracks(out) == []
    assert levels(out) == [*range(0, 51, 5), 50]
    with av.open(str(out)) as container:
        assert container.metadata["title"] == "Holiday"
        assert container.chapters() == []
    caplog.clear()
    made(source, tmp_path / "mute.mkv", slow="2", sound="none")
    assert "aac" not in caplog.text


def test_cuts_stay_and_repeats_are_passed_over(tmp_path: Path) -> None:
    """Two scenes on twos: a frame is shown twice, and each scene's last until its end."""
    one, two = (list(iterate(CLIPS / name))[:12:4] for name in ("test/gym_side.mp4", "val/gym_front.mp4"))
    two = [cv2.resize(frame, (one[0].shape[1], one[0].shape[0])) for frame in two]
    folder = tmp_path / "in"
    folder.mkdir()
    for number, frame in enumerate(frame for frame in [*one, *two] for _ in range(2)):
        cv2.imwrite(str(folder / f"{number}.png"), frame[..., ::-1])

    def run(name: str, **options: Any) -> Frames:
        made(folder, tmp_path / name, network := Blend(), factor=2, **options)
        counts[name] = len(network.times)
        return np.stack([cv2.imread(str(path))[..., ::-1] for path in sorted((tmp_path / name).iterdir())])

    counts: dict[str, int] = {}
    found = run("both")
    assert len(found) == 24
    for scene, start in ((one, 0), (two, 12)):
        for number, frame in enumerate(scene):
            np.testing.assert_array_equal(found[start + 4 * number], frame)
        mean = (scene[0] + scene[1].astype(float)) / 2
        assert np.abs(found[start + 2] - mean).max() <= 0.5
        np.testing.assert_array_equal(found[start + 8 : start + 12], scene[2][None].repeat(4, 0))
    run("no_cuts", cuts=False)
    kept = run("kept", duplicates="keep")
    np.testing.assert_array_equal(kept[:3], one[0][None].repeat(3, 0))
    assert counts == {"both": 12, "no_cuts": 15, "kept": 4}


def test_a_cut_at_every_frame_repeats_them(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5, 33, 31, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    for number, frame in enumerate(noise):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), frame[..., ::-1])
    made(tmp_path / "in", tmp_path / "out.mkv", network := Blend(), factor=3)
    assert network.times == []
    np.testing.assert_array_equal(rgb(tmp_path / "out.mkv"), noise.repeat(3, axis=0))


def test_the_middle_alone_makes_all_others(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", [0, 32, 64])
    found = levels(made(source, tmp_path / "out.mkv", network := Middle(), factor=4))
    assert found == [*range(0, 65, 8), 64, 64, 64]
    assert network.times == [0.5] * 6
    thirds = levels(made(source, tmp_path / "thirds.mkv", Middle(), factor=3))
    assert thirds[:6] == [0, 11, 21, 32, 43, 53]  # 11/32 and 21/32 of 32 levels
    assert levels(made(source, tmp_path / "fps.mkv", fps=60))[:5] == [0, 13, 26, 38, 51]


def test_pictures_keep_bits_and_the_nearest_opacity(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        alpha = np.full((48, 62, 1), 1000 + number, np.uint16)
        frame = np.concatenate([picture(20 * number, np.uint16), alpha], -1)
        cv2.imwrite(str(tmp_path / "in" / f"rose_{number}.tiff"), frame)
    made(tmp_path / "in", tmp_path / "out", factor=4)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"{number:08d}.png" for number in range(8)]
    found = [cv2.imread(str(tmp_path / "out" / name), cv2.IMREAD_UNCHANGED) for name in names]
    assert [round(level(frame[..., :3]), 2) for frame in found] == [0, 5, 10, 15, 20, 20, 20, 20]
    assert [int(frame[0, 0, 3]) for frame in found] == [1000, 1000, 1001, 1001, 1001, 1001, 1001, 1001]


def test_ten_bits_stay(tmp_path: Path) -> None:
    ramp = "gradients=s=64x48:r=10:d=1:speed=.02,format=yuv420p10le"
    ffmpeg("-f", "lavfi", "-i", ramp, "-c:v", "ffv1", tmp_path / "in.mkv")
    out = made(tmp_path / "in.mkv", tmp_path / "out.mkv", factor=2)
    with av.open(str(out)) as container:
        assert container.streams.video[0].pix_fmt == "gbrp16le"
    assert len(rgb(out, deep=True)) == 20


@pytest.mark.parametrize("network", [Blend, Middle])
def test_tiles_give_what_whole_frames_give(network: type[Interpolator], tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", range(0, 40, 10))
    whole = rgb(made(source, tmp_path / "whole.mkv", network(), fps=60))
    tiled = network()
    np.testing.assert_array_equal(rgb(made(source, tmp_path / "tiled.mkv", tiled, fps=60, tile=20)), whole)
    assert len(tiled.asked) % 12 == 0  # 3 x 4 tiles


def test_motion_of_large_frames_is_looked_for_in_smaller_ones(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), np.full((1300, 2000, 3), 20 * number, np.uint8))
    for options, scale in (({}, 0.5), ({"scale": 1.0}, 1), ({"scale": 0.25}, 0.25)):
        made(tmp_path / "in", tmp_path / f"out_{100 * scale:g}", network := Blend(), factor=3, **options)
        assert network.asked == [((1, 3, 1300, 2000), scale)] * 2  # one at once
    source = video(tmp_path / "in.mp4", [0, 20])
    made(source, tmp_path / "small.mkv", network := Blend(), factor=3)
    assert network.asked == [((2, 3, 48, 62), 1)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "give one of them, .*; given are none"),
        ({"fps": 60, "slow": 2}, "given are fps=60 and slow=2"),
        ({"fps": 0}, "fps=0: expected a number above 0, at most 1,000"),
        ({"fps": 1001}, "fps=1001: expected a number above 0, at most 1,000"),
        ({"fps": "sixty"}, "fps=sixty: expected a number .*: 60, 2.5, 60000/1001"),
        ({"factor": "-2"}, "factor=-2: expected a number above 0"),
        ({"slow": "1/0"}, "slow=1/0: expected a number above 0"),
        ({"fps": 60, "scale": 0.3}, "scale=0.3: expected one of 0.25, 0.5, 1, 2"),
        ({"fps": 60, "duplicates": "drop"}, "duplicates=drop: expected one of retime, keep"),
        ({"fps": 60, "tile": 0}, "tile=0: expected a whole number"),
    ],
)
def test_options_at_fault(options: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        Options(input="in.mp4", output="out.mp4", **options)


@pytest.mark.parametrize("name", ["one.mp4", "one.png"])
def test_a_single_frame_has_nothing_between(name: str, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), picture(0))
    video(tmp_path / "one.mp4", [0])
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError, match="input: it is a single frame, and others are made between two; give a video"):
        made(tmp_path / name, tmp_path / "out.mp4", fps=60)
    assert sorted(tmp_path.iterdir()) == before


def test_another_network_is_refused(tmp_path: Path) -> None:
    trained = Trained(nn.Conv2d(3, 3, 1))
    with pytest.raises(UserError, match="Conv2d makes no frames between two; give weights or a run of a network that"):
        interpolate(tmp_path / "in.mp4", tmp_path / "out.mp4", trained=trained, fps=60)


def test_progress_counts_what_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One video by its own frames; a folder of them, of which no more is known before, by those of the inputs."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4"):
        video(folder / name, range(0, 60, 10))
    trained = Trained(Blend(), progress=True)
    interpolate(folder / "a.mp4", tmp_path / "out.mp4", trained=trained, slow=4)
    assert "frames 24/24" in capsys.readouterr().err
    interpolate(folder, tmp_path / "out", trained=trained, fps=10)
    assert "frames 12/12" in capsys.readouterr().err
    assert [len(times(tmp_path / "out" / name)) for name in ("a.mp4", "b.mp4")] == [3, 3]


def test_mixed_precision_is_rounded_once(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", [0, 20])
    trained = Trained(Blend(), torch.bfloat16)
    interpolate(source, tmp_path / "out.mkv", trained=trained, factor=2, codec="ffv1")
    assert levels(tmp_path / "out.mkv") == [0, 10, 20, 20]
