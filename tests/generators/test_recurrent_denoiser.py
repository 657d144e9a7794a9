import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from tests.rounding import FLOAT32, FLOAT64
from vidgan.generators.recurrent_denoiser import LEAST_GATE, Fusion, RecurrentDenoiser, gaussians


def gated(bias: float) -> RecurrentDenoiser:
    """A new network whose gate is sigmoid(bias) everywhere."""
    network = RecurrentDenoiser(channels=4, deep_channels=4, gate_channels=4).double()
    with torch.no_grad():
        network.gate[-1].weight.zero_()
        network.gate[-1].bias.fill_(bias)
    return network


def still(frames: int, sigma: float) -> Tensor:
    """A gray clip under noise, with its map."""
    noise = torch.randn(1, frames, 3, 32, 32, dtype=torch.float64)
    return torch.cat([0.5 + sigma * noise, torch.full((1, frames, 1, 32, 32), sigma, dtype=torch.float64)], dim=2)


def choosing(network: RecurrentDenoiser, choice: int) -> RecurrentDenoiser:
    """The network, giving all weight to the frame (0) or to a filter of its average (1 and on), with no residual."""
    with torch.no_grad():
        network.conv_last.weight.zero_()
        network.conv_last.bias.zero_()
        network.conv_last.bias.view(-1, 4)[3 + choice] = 1000.0  # of the four pixels of a half-size one
    return network


def test_filters_begin_as_gaussians() -> None:
    filters = gaussians()[:, 0]
    torch.testing.assert_close(filters.sum((1, 2)), torch.ones(13))
    along, across = (filters[6 + turn] for turn in (-1, 3))  # a quarter turn apart
    torch.testing.assert_close(along, across.T)
    assert (along[3, 4] / along[3, 3]).item() == pytest.approx(math.exp(-0.5 / 2.2**2), rel=FLOAT32)
    assert (along[4, 3] / along[3, 3]).item() == pytest.approx(math.exp(-0.5 / 0.55**2), rel=FLOAT32)


def test_the_frame_may_be_chosen() -> None:
    clip = still(3, 0.1)
    torch.testing.assert_close(choosing(gated(0.0), 0)(clip), clip[:, :, :3])


@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_filter_of_the_average_may_be_chosen(number: int) -> None:
    network, clip = choosing(gated(0.0), 1 + number), still(2, 0.1)
    average = (clip[0, 0, :3] + clip[0, 1, :3]) / 2
    kernel = network.filters[number, 0].detach().numpy()
    expected = np.stack([ndimage.correlate(color, kernel, mode="nearest") for color in average.numpy()])
    # 49 terms below 1 in double precision.
    np.testing.assert_allclose(network(clip)[0, 1].detach().numpy(), expected, rtol=0, atol=FLOAT64)


@pytest.mark.parametrize(("frames", "bias", "left"), [(1, 0, 1.0), (2, 0, 0.5), (3, 0, 0.375), (3, 100, 1.0)])
def test_the_variance_of_the_average_follows_in_closed_form(frames: int, bias: float, left: float) -> None:
    """Halving gates give 1, 1/4 + 1/4, 1/8 + 1/4; an open gate forgets."""
    _, state = gated(bias).stream(still(frames, 0.1))
    torch.testing.assert_close(state.variance, torch.full_like(state.variance, left * 0.01))
    # A variance of 3,072 random values has a standard error of 2.6 percent: four of them.
    assert state.frame.var().item() == pytest.approx(left * 0.01, rel=0.1)


def test_a_closed_gate_averages_as_many_frames_as_is_allowed() -> None:
    _, state = gated(-100.0).stream(still(60, 0.1))
    expected = LEAST_GATE / (2 - LEAST_GATE)  # of an exponential average
    # The first frame's variance is 19 times that, and 0.81 ** 59 of what it is more is left: 7e-5.
    assert state.variance.mean().item() == pytest.approx(expected * 0.01, rel=1e-4)


def test_its_state_has_the_size_of_a_frame_whatever_the_length() -> None:
    _, state = gated(0.0).stream(still(20, 0.1))
    assert isinstance(state, Fusion)
    assert state.frame.shape == (1, 3, 32, 32)
    assert state.variance.shape == (1, 1, 32, 32)
