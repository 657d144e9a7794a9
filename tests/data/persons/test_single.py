"""One person's video: cut to where the person moves, split in time, with the nearest known pose as a control."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.persons.test_scene import film
from tests.media import write_video
from tests.pose.boxes import Boxes, boxes
from vidgan.config.paths import ROOT
from vidgan.data.persons import single
from vidgan.data.persons.film import Film
from vidgan.data.persons.framing import Framing
from vidgan.data.persons.single import SinglePerson
from vidgan.errors import UserError
from vidgan.pose.files import read_poses, write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A video of 12 frames in which a person walks to the right, and its key points."""
    frames = boxes(12, (20, 10, 20, 60))
    points = np.stack([Boxes()(frame) for frame in frames])
    write_video(tmp_path / "walk.mp4", frames)
    write_poses(KeypointSequence(points, COCO_17, (128, 96), Fraction(25)), tmp_path / "walk.npz")
    return str(tmp_path / "walk.mp4"), str(tmp_path / "walk.npz")


def test_a_frames_pixels_and_key_points_are_the_pictures() -> None:
    """A framing that shows every third pixel of a ramp, from pixel 10 on, row 4: exact inside, repeated beyond."""
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None], (60, 100, 3)).copy()
    framing = Framing(10.0, 4.0, 3.0, 16, 20)
    shown = framing.frame(ramp)
    assert shown.shape == (16, 20, 3)
    np.testing.assert_array_equal(shown[5, :, 0], 10 + 3 * np.arange(20))
    beyond = Framing(-30.0, 4.0, 3.0, 16, 20).frame(ramp)
    assert (beyond[:, :9] == 0).all()
    points = np.array([[10.0, 4.0], [67.0, 49.0], [np.nan, np.nan]], np.float32)
    np.testing.assert_allclose(framing.points(points), [[0, 0], [19, 15], [np.nan, np.nan]])


def test_a_framing_holds_all_points_and_a_margin() -> None:
    points = np.array([[30.0, 20.0], [50.0, 120.0], [np.nan, np.nan]])
    placed = Framing.around(points, 128, 96, margin=0.1).points(points.astype(np.float32))[:2]
    # A place near 128 is off by 4e-6 in float32.
    np.testing.assert_allclose(placed[:, 1], [12.8 - 0.5, 115.2 - 0.5], rtol=0, atol=1e-5)
    np.testing.assert_allclose(placed[:, 0].mean(), 47.5, rtol=0, atol=1e-5)


def test_framings_of_nothing_are_refused() -> None:
    points = np.array([[30.0, 20.0], [50.0, 120.0]])
    with pytest.raises(UserError, match="Frames of 30 x 128 pixels are too narrow"):
        Framing.around(points, 128, 30)
    with pytest.raises(UserError, match="All key points are in one place"):
        Framing.around(points[:1], 128, 96)


def test_the_first_part_trains_and_the_rest_is_driven(files: tuple[str, str]) -> None:
    data = SinglePerson(*files, batch_size=2, frames=4, height=48, width=64, held_out=0.25)
    clips = [data.training[number] for number in range(20)]
    assert data.blank().frames.shape == clips[0].frames.shape == (1, 4, 3, 48, 64)
    starts = {int(clip.names[0].split("#")[0]) for clip in clips}
    assert starts == set(range(6))
    assert torch.equal(clips[3].frames, data.training[3].frames)
    (held_out,) = (data.evaluated("test")[index] for index in range(len(data.evaluated("test"))))
    assert held_out.frames.shape == (1, 3, 3, 48, 64)
    last = data.video.persons(9, 3)
    np.testing.assert_array_equal(held_out.frames[0, 2].permute(1, 2, 0), last[2].frame)
    np.testing.assert_array_equal(held_out.keypoints[0, 2], last[2].keypoints)


def test_key_points_lie_on_the_person(files: tuple[str, str]) -> None:
    clip = SinglePerson(*files, batch_size=1, frames=4, height=48, width=64).training[0]
    for frame, points, mask in zip(clip.frames[0], clip.keypoints[0], clip.conditions["mask"][0, :, 0], strict=True):
        inner = points[[5, 6, 11]].round().long()  # in the middle of the box
        assert (frame[:, inner[:, 1], inner[:, 0]] > 200).all()
        assert (mask[inner[:, 1], inner[:, 0]] == 255).all()


def test_the_nearest_pose_of_who_walks_on_is_the_last_known(files: tuple[str, str]) -> None:
    data = SinglePerson(*files, batch_size=1, frames=4, height=48, width=64, held_out=0.25)
    held_out = data.evaluated("test")[0]
    (last,) = data.video.persons(8, 1)
    for frame in held_out.conditions["nearest"][0]:
        np.testing.assert_array_equal(frame.permute(1, 2, 0), last.frame)
    np.testing.assert_array_equal(held_out.conditions["wrong_keypoints"][0, 1], data.video.keypoints[1])


def test_all_clips_know_the_scene_that_the_training_part_shows(tmp_path: Path) -> None:
    """It is kept for the network's use, and told."""
    frames, points = film(12, 4.0)
    write_video(tmp_path / "walk.mp4", frames)
    certain = np.concatenate([points, np.ones((12, 18, 1), np.float32)], -1)[:, None]
    write_poses(KeypointSequence(certain, OPENPOSE_18), tmp_path / "walk.npz")
    data = SinglePerson(str(tmp_path / "walk.mp4"), str(tmp_path / "walk.npz"), 1, frames=4, height=48, width=64)
    scene = data.training[3].conditions["scene"]
    assert scene.shape == (1, 1, 3, 48, 64)
    assert torch.equal(data.evaluated("test")[0].conditions["scene"], scene)
    assert data.blank().conditions["scene"].shape == scene.shape
    known = Film.of(data.knowledge())
    assert known is not None
    np.testing.assert_array_equal(known.scene.shown(data.video.framing), scene[0, 0].permute(1, 2, 0))
    np.testing.assert_array_equal(known.points, data.video.points[:9])
    assert known.framing == data.video.framing
    (line,) = data.described()
    assert re.match(r"walk\.mp4: the scene behind the person is seen in \d+% of the frame; the rest is filled", line)


def test_a_camera_that_moves_shows_no_scene(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    wide = np.repeat(np.repeat(random.integers(0, 120, (24, 80, 3), np.uint8), 4, 0), 4, 1)
    frames = np.stack([wide[:, 8 * number : 8 * number + 128] for number in range(12)])
    frames[:, 20:80, 40:60] = 255
    points = np.stack([Boxes()(frame)[:1] for frame in boxes(1, (40, 20, 20, 60)).repeat(12, 0)])
    write_video(tmp_path / "pan.mp4", frames)
    write_poses(KeypointSequence(points, COCO_17, (128, 96), Fraction(25)), tmp_path / "pan.npz")
    data = SinglePerson(str(tmp_path / "pan.mp4"), str(tmp_path / "pan.npz"), 1, frames=4, height=48, width=64)
    assert "scene" not in data.training[0].conditions
    assert "scene" not in data.blank().conditions
    assert data.described() == [
        "pan.mp4: its camera moves, so what is behind the person is made up from one picture each time"
    ]


def test_frames_in_which_nobody_is_found(files: tuple[str, str]) -> None:
    """The first one that shows the person is the source; a pose that is not there is near to none."""
    sequence = read_poses(Path(files[1]))
    points = sequence.points.copy()
    points[[0, 1, 10]] = np.nan
    write_poses(sequence.with_points(points), Path(files[1]))
    data = SinglePerson(*files, batch_size=1, frames=4, height=48, width=64, held_out=0.25)
    data.prepare_data()
    held_out = data.evaluated("test")[0]
    np.testing.assert_array_equal(held_out.conditions["source_keypoints"][0, 0], data.video.keypoints[2])
    first, last = (next(data.video.frames(index, 1)) for index in (0, 8))
    for number, frame in enumerate((last, first, last)):
        np.testing.assert_array_equal(held_out.conditions["nearest"][0, number].permute(1, 2, 0), frame)
    points[:9] = np.nan
    write_poses(sequence.with_points(points), Path(files[1]))
    with pytest.raises(UserError, match=r"walk\.npz: nobody is in the first 9 frames, which train"):
        SinglePerson(*files, batch_size=1, frames=4).prepare_data()


def test_few_frames_are_in_memory_in_their_own_size(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    data, read = SinglePerson(*files, batch_size=1, frames=4, height=48, width=64), []
    whole = [person.frame for person in data.video.persons(1, 11)]
    monkeypatch.setattr(single, "_AT_ONCE", 4)
    original = data.video.source.read
    monkeypatch.setattr(data.video.source, "read", lambda *window: read.append(window) or original(*window))
    np.testing.assert_array_equal([person.frame for person in data.video.persons(1, 11)], whole)
    assert read == [(1, 4), (5, 4), (9, 3)]


def test_the_shipped_gymnast_is_followed_throughout() -> None:
    clip = ROOT / "assets/clips/train/gym_back"
    data = SinglePerson(f"{clip}.mp4", f"{clip}.pose.npz", batch_size=1, height=32, width=24)
    assert data.until == 36
    assert data.film.scene.unsteadiness < 2
    assert 0.9 < data.film.scene.known_share(data.video.framing) < 1
    points = data.video.keypoints
    assert points.shape == (48, 18, 2)
    assert np.isfinite(points[:, [2, 5, 8, 11]]).all()
    assert np.nanmin(points) > 0
    assert (np.nanmax(points, axis=(0, 1)) < (24, 32)).all()


def test_mistakes(files: tuple[str, str], tmp_path: Path) -> None:
    video, poses = files
    write_video(tmp_path / "short.mp4", boxes(5, (20, 10, 20, 60)))
    with pytest.raises(UserError, match=r"has 12 frames and .*short\.mp4 5; find the poses again"):
        SinglePerson(str(tmp_path / "short.mp4"), poses, 1).training  # noqa: B018 - reading it makes it
    with pytest.raises(UserError, match=r"9 frames train, data\.frames=10 are needed"):
        SinglePerson(video, poses, 1, frames=10).prepare_data()
    with pytest.raises(UserError, match=r"data\.held_out=0\.1 tests on 1 of its 12 frames; 3 are needed"):
        SinglePerson(video, poses, 1, held_out=0.1).prepare_data()
    for share in (-0.1, 0, 1, 1.5):
        with pytest.raises(UserError, match=rf"data\.held_out={share} is no share"):
            SinglePerson(video, poses, 1, held_out=share)
    with pytest.raises(UserError, match=r"as sure as data\.confidence=1\.0"):
        SinglePerson(video, poses, 1, confidence=1.0).training  # noqa: B018 - reading it makes it
