"""The refiner of tracks, its discriminator, and both behind vidgan-pose."""

import warnings

import numpy as np
import pytest
import torch

from vidgan.discriminators.motion import MotionDiscriminator
from vidgan.errors import UserError
from vidgan.generators.pose_refiner import PoseRefiner, median_gaussian
from vidgan.pose.refinement import Refined
from vidgan.pose.sequence import PoseSequence
from vidgan.pose.skeleton import COCO_17, OPENPOSE_18
from vidgan.pose.smoothing import MedianGaussian

SEQUENCE = PoseSequence(np.random.default_rng(0).uniform(1, 180, (30, 2, 18, 3)).astype(np.float32), OPENPOSE_18)


def detected(frames: int = 20) -> torch.Tensor:
    return 100 * torch.rand(2, frames, 18, 3, generator=torch.Generator().manual_seed(0))


def trained(**settings: int) -> PoseRefiner:
    """A refiner whose last layer is not zero."""
    torch.manual_seed(0)
    network = PoseRefiner(channels=16, blocks=2, recurrent=8, **settings)
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    return network


@pytest.mark.parametrize("frames", [1, 3, 20])
def test_filter_is_scipys_and_training_starts_there(frames: int) -> None:
    given = detected(frames)
    wanted = MedianGaussian(5, 1.0)(PoseSequence(given.transpose(0, 1).numpy(), OPENPOSE_18)).points[..., :2]
    np.testing.assert_allclose(median_gaussian(given[..., :2]).transpose(0, 1), wanted, rtol=1e-5)
    with torch.no_grad():
        np.testing.assert_allclose(PoseRefiner()(given).transpose(0, 1), wanted, rtol=1e-5)


def test_place_does_not_matter_and_every_parameter_counts() -> None:
    network, given = trained(), detected()
    moved = given + torch.tensor([50.0, -20.0, 0.0])
    torch.testing.assert_close(network(moved), network(given) + torch.tensor([50.0, -20.0]), rtol=0, atol=1e-3)
    network(given).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert sum(p.numel() for p in PoseRefiner(recurrent=0).parameters()) < sum(
        p.numel() for p in PoseRefiner().parameters()
    )


def test_discriminator_judges_motion_not_place() -> None:
    judge, tracks = MotionDiscriminator(channels=8), detected(64)[..., :2]
    logits, features = judge(tracks, return_features=True)
    assert logits.shape == (2, 1, 9)
    assert [feature.shape[-1] for feature in features] == [33, 17, 9]
    assert judge(tracks[:, :3]).shape == (2, 1, 2), "short clips too"
    torch.testing.assert_close(judge(tracks + 50), logits, rtol=0, atol=1e-4)


def test_smoother_keeps_gaps_and_takes_any_size_and_skeleton() -> None:
    refined = Refined(size=186.0, generator=trained())
    points = SEQUENCE.points.copy()
    points[5:9, 0, 3] = points[:, 1, 7] = np.nan
    made = refined(SEQUENCE.with_points(points))
    np.testing.assert_array_equal(np.isnan(made.points), np.isnan(points))
    larger = SEQUENCE.with_points(points * np.array([3, 3, 1], np.float32))
    np.testing.assert_allclose(refined(larger).points[..., :2], 3 * made.points[..., :2], rtol=1e-3, atol=1e-2)
    alone = points.copy()
    alone[:, 1] = np.nan
    with warnings.catch_warnings(action="error"):
        assert np.isnan(refined(SEQUENCE.with_points(alone)).points[:, 1]).all()
    coco = PoseSequence(SEQUENCE.points[:, :, :17], COCO_17)
    assert refined(coco).skeleton is OPENPOSE_18
    nobody = np.full((4, 1, 18, 3), np.nan, np.float32)
    assert np.isnan(refined(PoseSequence(nobody, OPENPOSE_18)).points).all()
    with pytest.raises(UserError, match="needs a run of the task pose_sequence, not a Identity"):
        Refined(size=186.0, generator=torch.nn.Identity())
