"""Skeletons and the table that converts between them."""

from fractions import Fraction

import numpy as np
import pytest

from tests.rounding import FLOAT32
from vidgan.pose.sequence import KeypointSequence, convert, flip
from vidgan.pose.skeleton import BODY_25, COCO_17, MEDIAPIPE_33, OPENPOSE_18, SKELETONS, Skeleton

# (OpenPose-18, BODY_25, COCO-17, MediaPipe-33); a tuple is the mean of several.
TABLE = {
    "nose": (0, 0, 0, 0),
    "neck": (1, 1, (5, 6), (11, 12)),
    "right_shoulder": (2, 2, 6, 12),
    "right_elbow": (3, 3, 8, 14),
    "right_wrist": (4, 4, 10, 16),
    "left_shoulder": (5, 5, 5, 11),
    "left_elbow": (6, 6, 7, 13),
    "left_wrist": (7, 7, 9, 15),
    "mid_hip": ((8, 11), 8, (11, 12), (23, 24)),
    "right_hip": (8, 9, 12, 24),
    "right_knee": (9, 10, 14, 26),
    "right_ankle": (10, 11, 16, 28),
    "left_hip": (11, 12, 11, 23),
    "left_knee": (12, 13, 13, 25),
    "left_ankle": (13, 14, 15, 27),
    "right_eye": (14, 15, 2, 5),
    "left_eye": (15, 16, 1, 2),
    "right_ear": (16, 17, 4, 8),
    "left_ear": (17, 18, 3, 7),
    "left_big_toe": (None, 19, None, 31),
    "left_small_toe": (None, 20, None, 31),
    "left_heel": (None, 21, None, 29),
    "right_big_toe": (None, 22, None, 32),
    "right_small_toe": (None, 23, None, 32),
    "right_heel": (None, 24, None, 30),
}
COLUMNS = [OPENPOSE_18, BODY_25, COCO_17, MEDIAPIPE_33]
BY_NAME = pytest.mark.parametrize("skeleton", COLUMNS, ids=lambda skeleton: skeleton.name)


@pytest.mark.parametrize("target", COLUMNS, ids=lambda skeleton: skeleton.name)
@pytest.mark.parametrize("source", COLUMNS, ids=lambda skeleton: skeleton.name)
def test_conversion_table(source: Skeleton, target: Skeleton) -> None:
    points = np.random.default_rng(0).random((2, len(source), 3), np.float32)
    converted = convert(points, source, target)
    for joint, row in TABLE.items():
        there, here = row[COLUMNS.index(source)], row[COLUMNS.index(target)]
        if not isinstance(here, int) or (target is MEDIAPIPE_33 and joint.endswith("small_toe")):
            continue  # the target has no such key point; MediaPipe's one toe is the big one
        made = converted[:, here]
        if there is None:
            assert np.isnan(made).all(), joint
        else:
            parts = points[:, list(there) if isinstance(there, tuple) else [there]]
            np.testing.assert_allclose(made[:, :2], parts[..., :2].mean(1), rtol=FLOAT32, err_msg=joint)
            np.testing.assert_array_equal(made[:, 2], parts[..., 2].min(1), err_msg=joint)


def test_synthesised_joint_is_missing_if_a_part_is() -> None:
    points = np.ones((17, 3), np.float32)
    points[5] = np.nan
    converted = convert(points, COCO_17, OPENPOSE_18)
    assert np.isnan(converted[[1, 5]]).all()
    assert not np.isnan(np.delete(converted, [1, 5], axis=0)).any()


@BY_NAME
def test_swap_undoes_itself_and_moves_what_has_a_side(skeleton: Skeleton) -> None:
    assert [skeleton.swap[index] for index in skeleton.swap] == list(range(len(skeleton)))
    for index, other in enumerate(skeleton.swap):
        assert (index == other) == (not skeleton.joints[index].startswith(("left", "right")))


@BY_NAME
def test_limbs_are_symmetric_and_connect_all_that_is_not_a_mouth(skeleton: Skeleton) -> None:
    limbs = {frozenset(limb) for limb in skeleton.limb_indices}
    assert limbs == {frozenset(skeleton.swap[end] for end in limb) for limb in limbs}
    assert len(limbs) == len(skeleton.limbs)
    assert {end for limb in limbs for end in limb} == set(range(len(skeleton)))


def test_published_counts() -> None:
    assert {name: (len(s), len(s.limbs)) for name, s in SKELETONS.items()} == {
        "openpose_18": (18, 17),
        "body_25": (25, 24),
        "coco_17": (17, 19),
        "mediapipe_33": (33, 35),
    }


def test_flip_of_a_right_wrist_is_a_left_wrist() -> None:
    points = np.full((1, 1, 18, 3), np.nan, np.float32)
    points[0, 0, 4] = (10, 20, 0.5)
    flipped = flip(points, OPENPOSE_18, width=64)
    np.testing.assert_array_equal(flipped[0, 0, 7], (53, 20, 0.5))
    assert np.isnan(np.delete(flipped[0, 0], 7, axis=0)).all()
    np.testing.assert_array_equal(flip(flipped, OPENPOSE_18, 64), points)


def test_sequence_makes_half_missing_points_missing() -> None:
    points = np.ones((2, 1, 17, 3), np.float32)
    points[0, 0, 3, 1] = np.nan
    assert np.isnan(KeypointSequence(points, COCO_17).points[0, 0, 3]).all()
    with pytest.raises(ValueError, match="coco_17"):
        KeypointSequence(points[:, :, :16], COCO_17)
    for size, fps in (((0, 48), None), ((64, 48), Fraction(0))):
        with pytest.raises(ValueError, match="are none"):
            KeypointSequence(points, COCO_17, size, fps)


def test_surer_points_are_kept_whole() -> None:
    points = np.full((1, 1, 17, 3), 0.5, np.float32)
    points[..., 3, 2], points[..., 4, 2] = 0.4, np.nan
    kept = KeypointSequence(points, COCO_17).surer(0.5)
    assert np.flatnonzero(~kept.present).tolist() == [3, 4]
    np.testing.assert_array_equal(kept.points[kept.present], 0.5)
