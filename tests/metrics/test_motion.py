"""What is measured of persons in motion: flicker beside the real clip's, and key points that an estimator finds."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from tests.pose.boxes import Boxes, boxes
from vidgan.errors import UserError
from vidgan.metrics.flicker import FlickerFactor
from vidgan.metrics.pose import PCK, correct
from vidgan.pose.estimators.blazepose import BlazePose
from vidgan.pose.sequence import convert
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18


def test_flicker_by_hand() -> None:
    """Brightness 0 1 0 1 has second differences of 2, and 0 .5 1 .5 of 0 and 1: a factor of 2 / .5."""
    made, real = (torch.tensor(values).view(4, 1, 1, 1).expand(4, 3, 5, 6) for values in ([0, 1.0, 0, 1], [0, 0.5, 1, 0.5]))  # fmt: skip # noqa: E501
    flicker = FlickerFactor()
    assert flicker(made, real) == pytest.approx(4)
    assert flicker(real, real) == 1
    assert flicker(real[:1].expand(4, -1, -1, -1), real) == 0
    assert math.isnan(flicker(made, torch.ones(4, 3, 5, 6)))
    with pytest.raises(UserError, match="at least 3 frames and this one has 2"):
        flicker(made[:2], real[:2])


def test_correct_key_points_by_hand() -> None:
    wanted = np.array([[0.0, 0], [100, 50], [20, 20], [np.nan, np.nan]])
    found = np.array([[6.0, 8], [100, 60.1], [np.nan, np.nan], [1, 1]])
    assert correct(found, wanted, share=0.1) == 1  # 10 px of a box of 100 px are near enough, 10.1 are not
    assert correct(found, wanted, share=0.11) == 2
    assert correct(found, np.full((4, 2), np.nan), share=0.1) == 0


def clip_and_poses() -> tuple[torch.Tensor, torch.Tensor]:
    frames = boxes(3, (10, 8, 24, 70))
    points = np.stack([convert(Boxes()(frame), COCO_17, OPENPOSE_18)[0, :, :2] for frame in frames])
    return torch.from_numpy(frames).permute(0, 3, 1, 2) / 255, torch.from_numpy(points)


def test_pck_of_persons_where_they_should_be_and_where_not() -> None:
    frames, poses = clip_and_poses()
    pck = PCK(Boxes, share=0.1, enlarge=3)
    assert pck(frames, poses) == 100
    assert pck(frames.roll(6, -1), poses) == 100  # a tenth of 69 px
    assert pck(frames.roll(9, -1), poses) == 0
    assert pck(torch.zeros_like(frames), poses) == 0
    third = torch.cat([frames[:1], torch.zeros_like(frames[1:])])
    assert pck(third, poses) == pytest.approx(100 / 3)
    with pytest.raises(UserError, match="no key point of this clip's is there"):
        pck(frames, torch.full_like(poses, torch.nan))


def test_of_several_people_the_best_counts() -> None:
    frames, poses = clip_and_poses()
    frames[..., 80:90, 100:110] = 1
    assert PCK(Boxes)(frames, poses) == 100


def test_an_estimator_that_is_not_there_is_left_out(tmp_path: object) -> None:
    assert PCK(Boxes).available
    assert not PCK(partial(BlazePose, models=str(tmp_path))).available
