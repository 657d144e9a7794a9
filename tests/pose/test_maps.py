"""Key points as pictures, against pictures drawn by hand."""

import cv2
import numpy as np
import pytest
import torch

from vidgan.pose.drawing import draw
from vidgan.pose.maps import MASK_LIMBS, disc_maps, gaussian_maps, limb_maps, pose_mask
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18

NAN = float("nan")
POINTS = torch.tensor([[[5.0, 9.0, 1.0], [NAN, NAN, NAN]], [[-1.0, 0.0, 1.0], [30.0, 15.0, 0.1]]])
SIZE = (16, 31)


def test_discs_are_solid_and_hold_their_rim() -> None:
    maps = disc_maps(POINTS, SIZE, radius=2)
    assert maps.shape == (2, 2, *SIZE)
    assert maps.sum((-2, -1)).tolist() == [[13, 0], [3, 6]]  # a disc of radius 2 has 13 pixels; cut at borders
    assert maps[0, 0, 9, 7] == maps[0, 0, 11, 5] == 1
    assert maps[0, 0, 10, 7] == 0


def test_gaussians() -> None:
    maps = gaussian_maps(POINTS, SIZE, sigma=2)
    assert maps[0, 0, 9, 5] == 1
    assert maps[0, 0, 9, 7].item() == pytest.approx(np.exp(-0.5))
    assert maps[0, 1].abs().max() == 0


def test_limbs_are_bars() -> None:
    points = torch.tensor([[4.0, 5.0], [10.0, 5.0], [NAN, NAN]])
    bar, missing = limb_maps(points, ((0, 1), (1, 2)), SIZE, width=3)
    assert bar[4:7, 4:11].min() == 1
    assert bar.sum() == 21 + 2 * 3  # the round ends reach one pixel further: three of a disc's pixels each
    assert missing.sum() == 0


def mask_by_hand(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """PG2's mask, limb by limb and disc by disc; the canvas is larger so that OpenCV's borders play no part."""
    margin = 16
    canvas = np.zeros((size[0] + 2 * margin, size[1] + 2 * margin), np.uint8)
    y, x = np.mgrid[: canvas.shape[0], : canvas.shape[1]] - margin
    for a, b in MASK_LIMBS:
        (ax, ay), (bx, by) = points[a], points[b]
        length = np.hypot(bx - ax, by - ay)
        for step in [*np.arange(0, length, 4), length]:
            cx, cy = np.round([ax + (bx - ax) * step / length, ay + (by - ay) * step / length])
            canvas[(x - cx) ** 2 + (y - cy) ** 2 <= 16] = 1
    return canvas[margin:-margin, margin:-margin]


def test_pose_mask_is_pg2s() -> None:
    points = np.random.default_rng(0).uniform(20, 44, (2, 18, 2))
    mask = pose_mask(torch.tensor(points), (64, 64))
    assert mask.shape == (2, 1, 64, 64)
    for made, wanted in zip(mask[:, 0].numpy(), points, strict=True):
        closed = cv2.morphologyEx(mask_by_hand(wanted, (64, 64)), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        np.testing.assert_array_equal(made, closed)


def test_pose_mask_without_key_points_is_empty() -> None:
    points = torch.full((1, 18, 3), NAN)
    assert pose_mask(points, (32, 32)).sum() == 0
    points[0, [2, 3]] = 10.0  # one limb of no length: a disc
    assert pose_mask(points, (32, 32)).sum() == disc_maps(points[:, [2]], (32, 32)).sum()
    points[0, 2], points[0, 3] = torch.tensor([-3.0, 10.0, 1.0]), torch.tensor([-3.0, 11.0, 1.0])
    assert pose_mask(points, (32, 32))[0, 0, :, 0].sum() == 6  # discs outside the frame reach into it
    points[0, [2, 3]] = 10.0
    assert pose_mask(points, (32, 32), radius=0).sum() == 1
    assert len(MASK_LIMBS) == 23


def test_pose_mask_of_other_skeletons() -> None:
    points = torch.rand(3, 17, 2) * 32
    assert pose_mask(points, (32, 32), COCO_17).shape == (3, 1, 32, 32)


def test_drawing_leaves_the_frame_and_skips_what_is_missing() -> None:
    frame = np.zeros((60, 80, 3), np.uint8)
    points = np.full((1, 18, 3), np.nan, np.float32)
    assert not draw(frame, points, OPENPOSE_18).any()
    right, left = OPENPOSE_18.index("right_elbow"), OPENPOSE_18.index("left_elbow")
    points[0, [right, right + 1]] = [[10, 10, 1], [10, 50, 1]]
    points[0, [left, left + 1]] = [[60, 10, 1], [60, 1e6, 1]]
    drawn = draw(frame, points, OPENPOSE_18)
    assert not frame.any()
    red, _, blue = drawn[30, 10].tolist()
    assert red > blue, "right is warm"
    red, _, blue = drawn[30, 60].tolist()
    assert blue > red, "left is cool"
    assert not drawn[:, 30].any()
