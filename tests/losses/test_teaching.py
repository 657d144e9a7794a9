import math

import pytest
import torch

from vidgan.losses.census import Census, FeatureCensus
from vidgan.losses.pixel import L1
from vidgan.losses.teaching import FlowDistillation, OfTeacher

REAL = torch.full((1, 1, 3, 2, 2), 0.5)
STILL = torch.zeros(1, 1, 4, 2, 2)


def test_a_loss_of_what_the_teacher_makes():
    assert OfTeacher(L1())(REAL + 0.25, REAL).item() == pytest.approx(0.25)


def test_motion_is_learned_where_the_teacher_knows_better():
    """Two blocks: the first is off by 0.2 at one pixel of four, the other by no more than the margin."""
    first, second = REAL.clone(), REAL + 0.005
    first[..., 0, 1] += 0.2
    flow = torch.tensor([3.0, 4.0, 0.0, 0.0]).view(1, 1, 4, 1, 1).expand(1, 1, 4, 2, 2)
    found = FlowDistillation()(REAL, [first, second], [STILL, STILL], REAL, flow)
    assert found.item() == pytest.approx(math.sqrt((9 + 16) / 4) / 4)
    assert FlowDistillation(0.001)(REAL, [second], [STILL], REAL, flow).item() == pytest.approx(2.5)
    assert FlowDistillation()(REAL, [first], [STILL], first, flow).item() == 0, "neither knows"


def test_the_teacher_does_not_learn_of_its_pupils():
    taught = (STILL + 1).requires_grad_()
    pupil = STILL.clone().requires_grad_()
    frame = REAL.clone().requires_grad_()
    FlowDistillation()(REAL, [frame + 0.5], [pupil], frame, taught).backward()
    assert taught.grad is None
    assert frame.grad is None
    assert pupil.grad.abs().sum() > 0


def test_equal_motion_has_a_gradient():
    pupil = STILL.clone().requires_grad_()
    FlowDistillation()(REAL, [REAL + 0.5], [pupil], REAL, STILL).backward()
    assert pupil.grad.abs().sum() == 0


def test_features_of_one_channel_are_compared_as_gray_frames():
    made, true = torch.rand(2, 2, 3, 1, 12, 10, generator=torch.Generator().manual_seed(0))
    assert FeatureCensus()([made], [true]).item() == pytest.approx(Census(patch=3)(made, true).item())
    twice = FeatureCensus()([made, made[..., :8, :]], [true, true[..., :8, :]]).item()
    assert twice == pytest.approx(
        Census(patch=3)(made, true).item() + Census(3)(made[..., :8, :], true[..., :8, :]).item()
    )


def test_each_channel_of_features_counts_by_itself():
    """A spot in one channel of two: a mean over channels and neighbours, where gray frames would see half of it."""
    true = torch.zeros(1, 1, 2, 3, 3)
    made = true.clone()
    made[0, 0, 1, 0, 2] = 0.5
    sign = 0.5 / math.sqrt(0.81 + 0.25)
    assert FeatureCensus()([made], [true]).item() == pytest.approx(sign**2 / (0.1 + sign**2) / 9 / 18)
