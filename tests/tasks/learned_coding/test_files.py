"""Files of coded video: a way and back, with sound and times, and what is told of files that are not right."""

import logging
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from tests.generators.test_transform_codec import SIZE, moving, small
from vidgan.errors import UserError
from vidgan.generators.transform_codec import TransformCodec
from vidgan.inference.trained import Trained
from vidgan.tasks.learned_coding.container import DamagedError, Packet, packets, read_header
from vidgan.tasks.learned_coding.use import code
from vidgan.video.playback import Playback
from vidgan.video.reader import Frames
from vidgan.video.settings import Encoding
from vidgan.video.writer import At, FolderWriter, VideoWriter

TIMES = [Fraction(at, 25) for at in (0, 1, 3, 4)]  # one is left out


@pytest.fixture(scope="module")
def trained() -> Trained:
    return Trained(small())


@pytest.fixture(scope="module")
def clip() -> Frames:
    torch.manual_seed(0)
    return moving().permute(0, 2, 3, 1).numpy()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, clip: Frames) -> Path:
    """A lossless video of an uneven rate with a sound of .2 seconds."""
    silent, path = (tmp_path_factory.mktemp("video") / name for name in ("silent.mkv", "in.mkv"))
    with VideoWriter(silent, Fraction(25), encoding=Encoding("ffv1"), time_base=Fraction(1, 1000)) as writer:
        for frame, time in zip(clip, TIMES, strict=True):
            writer.write(frame, At(time))
    with av.open(str(silent)) as given, av.open(str(path), "w") as made:
        pictures = made.add_stream_from_template(given.streams.video[0])
        sound = made.add_stream("aac", rate=48000, layout="mono")
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                made.mux(packet)
        wave = np.sin(np.arange(9600) / 20).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate = 48000
        made.mux(sound.encode(frame))
        made.mux(sound.encode(None))
    return path


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory, trained: Trained, clip: Frames) -> Path:
    """Pictures, coded: no sound, no times."""
    folder = tmp_path_factory.mktemp("coded")
    with FolderWriter(folder / "pictures") as writer:
        for frame in clip:
            writer.write(frame)
    return code(folder / "pictures", folder / "clip.vgc", trained=trained, rate=1)


def sound_of(path: Path) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(audio=0)
            if packet.pts is not None
        ]


def frames_of(path: Path, trained: Trained) -> Frames:
    """What a file is decoded to, without a loss."""
    out = path.with_name(f"{path.stem}-decoded.mkv")
    code(path, out, trained=trained, codec="ffv1", overwrite=True)
    return np.stack([frame.pixels for frame in Playback(out)])


def test_a_way_and_back(coded: Path, trained: Trained, clip: Frames) -> None:
    made = frames_of(coded, trained)
    assert made.shape == clip.shape
    assert np.square(made.astype(float) - clip).mean() < clip.var() / 2


def test_the_file_is_as_large_as_the_estimate(tmp_path: Path, trained: Trained, clip: Frames, coded: Path) -> None:
    network = trained.network
    assert isinstance(network, TransformCodec)
    frames = torch.from_numpy(clip).permute(0, 3, 1, 2)[None] / 255
    with torch.no_grad():
        made, _ = network(frames, torch.tensor([1]))
    estimate = made["bits"].sum().item() / 8
    assert abs(coded.stat().st_size - estimate) < 0.01 * estimate


def test_sound_and_times_come_back(tmp_path: Path, video: Path, trained: Trained) -> None:
    code(video, tmp_path / "a.vgc", trained=trained)
    back = code(tmp_path / "a.vgc", tmp_path / "back.mkv", trained=trained)
    assert [frame.time for frame in Playback(back)] == TIMES
    assert sound_of(back) == sound_of(video)
    code(video, tmp_path / "silent.vgc", trained=trained, sound="none")
    assert (tmp_path / "silent.vgc").stat().st_size < (tmp_path / "a.vgc").stat().st_size


def test_frames_by_themselves_are_where_they_are_asked_for(
    tmp_path: Path, video: Path, trained: Trained, clip: Frames
) -> None:
    code(video, tmp_path / "a.vgc", trained=trained, keyframes=2, sound="none", rate=3)
    assert [packet.intra for packet in _packets_of(tmp_path / "a.vgc")] == [True, False, True, False]
    assert {packet.rate for packet in _packets_of(tmp_path / "a.vgc")} == {3}
    assert np.square(frames_of(tmp_path / "a.vgc", trained).astype(float) - clip).mean() < clip.var() / 2


def _packets_of(path: Path) -> list[Packet]:
    with path.open("rb") as file:
        header = read_header(file, path)
        file.seek(header.tracks, 1)
        return list(packets(file))


def cut(data: bytes) -> bytes:
    return data[:-40]


def flipped(data: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


@pytest.mark.parametrize("damage", [cut, flipped])
def test_a_damaged_file_is_decoded_up_to_the_damage(
    damage: Callable[[bytes], bytes],
    coded: Path,
    trained: Trained,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "damaged.vgc"
    path.write_bytes(damage(coded.read_bytes()))
    with caplog.at_level(logging.WARNING):
        made = frames_of(path, trained)
    assert np.array_equal(made, frames_of(coded, trained)[:3])
    assert "frame 3 is damaged or missing" in caplog.text
    with pytest.raises(UserError, match="frame 3 is damaged or missing"):
        code(path, tmp_path / "out.mp4", trained=trained, strict=True)
    assert not (tmp_path / "out.mp4").exists()


def test_a_file_without_its_end_was_cut_short(coded: Path, trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "short.vgc"
    path.write_bytes(coded.read_bytes()[:-6])
    with pytest.raises(UserError, match="frame 4 is damaged or missing"):
        code(path, tmp_path / "out.mp4", trained=trained, strict=True)
    assert len(frames_of(path, trained)) == 4


def test_no_frame_can_claim_more_than_the_file_has(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes([1, 0, 0]) + b"\xff" * 8 + b"\x01" + b"0" * 100)
    with (tmp_path / "a").open("rb") as file, pytest.raises(DamagedError, match="ends before"):
        next(packets(file))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: b"", "is no .vgc file"),
        (lambda data: b"RIFF" + data[4:], "is no .vgc file"),
        (lambda data: data[:50], "is cut short in its header"),
        (lambda data: data[:8] + b"\x02" + data[9:], "is of version 2 of the format, and this vidgan reads version 1"),
        (lambda data: data[:44] + b"\x01" + data[45:], "its header is damaged"),
    ],
)
def test_what_is_no_such_file_is_refused(
    change: Callable[[bytes], bytes], told: str, coded: Path, trained: Trained, tmp_path: Path
) -> None:
    path, out = tmp_path / "wrong.vgc", tmp_path / "out.mp4"
    path.write_bytes(change(coded.read_bytes()))
    with pytest.raises(UserError, match=told):
        code(path, out, trained=trained)
    assert not out.exists()


def test_a_file_of_another_model_is_refused_and_never_decoded(coded: Path, tmp_path: Path) -> None:
    other = small()
    with torch.no_grad():
        other.inter.decoder.expectation.last.bias[0] += 2**-12  # the smallest step that there is
    with pytest.raises(UserError, match=r"was coded by another model \([0-9a-f]{12}; this one is [0-9a-f]{12}\)"):
        code(coded, tmp_path / "out.mp4", trained=Trained(other))
    with torch.no_grad():
        other.inter.decoder.expectation.last.bias[0] -= 2**-12
        other.intra.analysis.first.bias[0] += 1  # of the encoder alone
    code(coded, tmp_path / "out.mp4", trained=Trained(other))


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        ("in.mkv", {"output": "out.mp4"}, "one of them is a .vgc"),
        ("in.mkv", {"output": "out.vgc", "rate": 4}, "rate=4: expected one of those of this codec, 0 to 3"),
        ("in.mkv", {"output": "out.vgc", "keyframes": 0}, "keyframes=0: expected"),
        ("no.mkv", {"output": "out.vgc"}, "there is no such file"),
    ],
)
def test_a_users_mistake_is_one_sentence(
    given: str, options: dict[str, object], told: str, video: Path, trained: Trained, tmp_path: Path
) -> None:
    out = tmp_path / str(options.pop("output"))
    with pytest.raises(UserError, match=told):
        code(video.with_name(given), out, trained=trained, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_input_leaves_nothing(trained: Trained, tmp_path: Path, clip: Frames) -> None:
    with FolderWriter(tmp_path / "pictures") as writer:
        for frame in clip:
            writer.write(frame)
    (tmp_path / "pictures" / "00000003.png").write_bytes(b"no picture")
    with pytest.raises(UserError):
        code(tmp_path / "pictures", tmp_path / "out.vgc", trained=trained)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_sizes_come_back(coded: Path, trained: Trained) -> None:
    assert frames_of(coded, trained).shape[1:3] == SIZE
