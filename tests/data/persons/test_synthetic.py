"""Synthetic persons: exact points, exact parts, the same for every worker, none shared between splits."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.rounding import FLOAT64
from vidgan.data.clip import Clip
from vidgan.data.datamodule import Loading
from vidgan.data.persons.capsules import LEFT_SHADE, PARTS, Identity, draw, placed
from vidgan.data.persons.gait import ANGLES, ELBOW, HIP, KNEE, MID_HIP, Motion, posed, turned
from vidgan.data.persons.synthetic import SyntheticPersons

#: Colors in [0, 1] are rounded to 8 bits, from float32.
EIGHT_BITS = 0.5 / 255 + 1e-6
RIGHT, LEFT = (2, 3, 4, 8, 9, 10, 14, 16), (5, 6, 7, 11, 12, 13, 15, 17)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def upright(**angles: float) -> np.ndarray:
    """The points of a person who faces the viewer of a picture of 64 x 64 px, right hip, knee or elbow bent."""
    given = np.zeros((1, ANGLES))
    for name, value in angles.items():
        given[0, {"hip": HIP, "knee": KNEE, "elbow": ELBOW}[name]] = value
    return placed(turned(posed(given)[0], yaw=0.0), 64, 64)


def test_a_person_who_faces_us_has_their_left_on_our_right() -> None:
    points = upright()
    assert (points[list(LEFT), 0] > points[list(RIGHT), 0]).all()
    assert points[0, 1] < points[1, 1] < points[MID_HIP, 1] < points[9, 1] < points[10, 1]
    assert points[0, 2] > points[1, 2]  # the nose is nearer than the neck


def test_limbs_bend_the_way_they_do_and_keep_their_length() -> None:
    straight, bent = upright(), upright(hip=0.6, knee=1.0, elbow=1.5)
    assert bent[9, 2] > straight[9, 2] + 5  # the knee comes forward, towards us
    assert bent[10, 2] < bent[9, 2] - 2  # and the foot stays behind it
    assert bent[4, 2] > straight[4, 2] + 5  # the hand comes forward
    for start, stop in ((8, 9), (9, 10), (2, 3), (3, 4)):
        lengths = [np.linalg.norm(points[stop] - points[start]) for points in (straight, bent)]
        assert lengths[0] == pytest.approx(lengths[1], rel=FLOAT64)


def test_mirrored_angles_make_the_mirrored_body(random: np.random.Generator) -> None:
    angles = Motion.draw(random).angles(np.array([0.3]))
    mirrored = angles.copy()
    mirrored[:, 0:12:2], mirrored[:, 1:12:2] = angles[:, 1:12:2], angles[:, 0:12:2]
    points, mirror = posed(angles)[0], posed(mirrored)[0]
    np.testing.assert_allclose(mirror[list(LEFT)], points[list(RIGHT)] * (-1, 1, 1), rtol=0, atol=FLOAT64)


def test_knees_and_elbows_never_bend_backward(random: np.random.Generator) -> None:
    angles = np.concatenate([Motion.draw(random).angles(np.arange(16) / 16) for _ in range(50)])
    assert angles[:, KNEE : KNEE + 2].min() >= 0
    assert angles[:, ELBOW : ELBOW + 2].min() >= 0


def test_each_part_has_its_color_at_its_place(random: np.random.Generator) -> None:
    identity = Identity.draw(random, 64, 64)
    points = upright()
    picture = draw(identity, points)
    for index, part in enumerate(PARTS):
        x, y = ((points[part.start] + points[part.stop]) / 2)[:2].round().astype(int)
        assert picture.parts[y, x] == index
        if part.clothes != "shirt":
            np.testing.assert_allclose(picture.frame[y, x] / 255, identity.palette[index], rtol=0, atol=EIGHT_BITS)
    shirt = picture.frame[picture.parts == 4].mean(0) / 255
    # Stripes 18 percent darker and lighter cancel but for one of six, 3 percent; the rim is mixed with what is behind.
    np.testing.assert_allclose(shirt, identity.palette[4], rtol=0.05)
    np.testing.assert_allclose(identity.palette[2], LEFT_SHADE * identity.palette[0])
    outside = np.abs(picture.frame / 255 - identity.background)[:, :5]
    assert outside.max() <= EIGHT_BITS


def test_a_person_may_leave_the_frame(random: np.random.Generator) -> None:
    identity = Identity.draw(random, 64, 16)
    points = placed(turned(posed(np.full((1, ANGLES), 1.2))[0], 0.0), 64, 16)
    picture = draw(identity, points)
    assert picture.frame.shape == (64, 16, 3)
    assert picture.keypoints[:, 0].min() < 0
    assert picture.keypoints[:, 0].max() > 15


def batches(workers: int = 0, rank: int = 0, world_size: int = 1, seed: int = 3) -> list[Clip]:
    data = SyntheticPersons(batch_size=4, height=32, width=24, seed=seed, loading=Loading(workers=workers))
    data.trainer = SimpleNamespace(max_steps=3, global_step=0, global_rank=rank, world_size=world_size)
    return list(data.train_dataloader())


def assert_same(first: list[Clip], second: list[Clip]) -> None:
    for one, other in zip(first, second, strict=True):
        assert one.names == other.names
        for name, tensor in one.conditions.items():
            assert torch.equal(tensor, other.conditions[name])
        assert torch.equal(one.frames, other.frames)


def test_workers_and_ranks_change_no_sample() -> None:
    reference = batches()
    assert reference[0].frames.shape == (4, 1, 3, 32, 24)
    assert_same(batches(workers=2), reference)
    ranks = [batches(rank=rank, world_size=2) for rank in range(2)]
    assert_same([Clip.collate(shares) for shares in zip(*ranks, strict=True)], reference)
    assert not torch.equal(batches(seed=4)[0].frames, reference[0].frames)


def test_splits_share_neither_persons_nor_poses_and_do_not_depend_on_the_seed() -> None:
    first, second = (SyntheticPersons(4, 32, 32, eval_pairs=5, seed=seed) for seed in (0, 1))
    sets = [list(map(first.evaluated(split).__getitem__, range(5))) for split in ("val", "test")]
    sets.append([first.training[number] for number in range(5)])
    palettes = torch.cat([clip.conditions["palette"] for clips in sets for clip in clips])
    assert len(palettes.unique(dim=0)) == 15
    points = torch.cat([clip.keypoints for clips in sets for clip in clips])
    assert len(points.unique(dim=0)) == 15
    assert torch.equal(second.evaluated("test")[2].frames, sets[1][2].frames)


def test_the_wrong_pose_is_that_of_the_next_pair() -> None:
    test = SyntheticPersons(4, 32, 32).evaluated("test")
    assert torch.equal(test[0].conditions["wrong_keypoints"], test[1].keypoints)


def test_the_mask_reaches_two_pixels_beyond_the_person() -> None:
    clip = SyntheticPersons(4, 32, 32).training[0]
    person = (clip.conditions["parts"] >= 0).float()
    expected = torch.nn.functional.max_pool2d(person, 5, stride=1, padding=2) * 255
    assert torch.equal(clip.conditions["mask"][0], expected.byte())
