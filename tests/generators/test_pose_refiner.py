"""The refiner of tracks: where it starts, and what it must not see."""

import numpy as np
import pytest
import torch

from tests.rounding import FLOAT32
from vidgan.generators.pose_refiner import PoseRefiner, median_gaussian
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import MedianGaussian


def detected(frames: int = 20) -> torch.Tensor:
    return 100 * torch.rand(2, frames, 18, 3, generator=torch.Generator().manual_seed(0))


def trained() -> PoseRefiner:
    """A refiner whose last layer is not zero."""
    torch.manual_seed(0)
    network = PoseRefiner(channels=16, blocks=2, recurrent=8)
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    return network


@pytest.mark.parametrize("frames", [1, 3, 20])
def test_filter_is_scipys_and_training_starts_there(frames: int) -> None:
    given = detected(frames)
    wanted = MedianGaussian(5, 1.0)(KeypointSequence(given.transpose(0, 1).numpy(), OPENPOSE_18)).points[..., :2]
    # Nine float32 terms of one sign, each off by 6e-8.
    np.testing.assert_allclose(median_gaussian(given[..., :2]).transpose(0, 1), wanted, rtol=FLOAT32)
    with torch.no_grad():
        np.testing.assert_allclose(PoseRefiner()(given).transpose(0, 1), wanted, rtol=FLOAT32)


def test_place_does_not_matter_and_every_parameter_counts() -> None:
    network, given = trained(), detected()
    moved = given + torch.tensor([50.0, -20.0, 0.0])
    # Places near 150 are off by 8e-6 in float32, which the network, whose results reach 240, makes ten times as much.
    torch.testing.assert_close(network(moved), network(given) + torch.tensor([50.0, -20.0]), rtol=0, atol=2e-4)
    network(given).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert sum(p.numel() for p in PoseRefiner(recurrent=0).parameters()) < sum(
        p.numel() for p in PoseRefiner().parameters()
    )
