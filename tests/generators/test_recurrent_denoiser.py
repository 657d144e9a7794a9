import pytest
import torch
from torch import Tensor

from vidgan.generators.recurrent_denoiser import LEAST_GATE, Fusion, RecurrentDenoiser


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


def test_an_untrained_network_is_the_mean_of_the_frame_and_its_average() -> None:
    network, clip = gated(0.0), still(2, 0.1)
    first, second = clip[:, 0, :3], clip[:, 1, :3]
    expected = torch.stack([first, (second + (first + second) / 2) / 2], dim=1)
    torch.testing.assert_close(network(clip), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("frames", "bias", "left"), [(1, 0, 1.0), (2, 0, 0.5), (3, 0, 0.375), (3, 100, 1.0)])
def test_the_variance_of_the_average_follows_in_closed_form(frames: int, bias: float, left: float) -> None:
    """Halving gates give 1, 1/4 + 1/4, 1/8 + 1/4; an open gate forgets."""
    _, state = gated(bias).stream(still(frames, 0.1))
    torch.testing.assert_close(state.variance, torch.full_like(state.variance, left * 0.01))
    assert state.frame.var().item() == pytest.approx(left * 0.01, rel=0.1)


def test_a_closed_gate_averages_as_many_frames_as_is_allowed() -> None:
    _, state = gated(-100.0).stream(still(60, 0.1))
    expected = LEAST_GATE / (2 - LEAST_GATE)  # of an exponential average
    assert state.variance.mean().item() == pytest.approx(expected * 0.01, rel=0.01)


def test_noiseless_frames_pass_an_untrained_network_as_they_are() -> None:
    clip = torch.rand(1, 1, 3, 10, 14).expand(1, 3, 3, 10, 14)
    given = torch.cat([clip, torch.zeros(1, 3, 1, 10, 14)], dim=2)
    torch.testing.assert_close(RecurrentDenoiser()(given), clip)


def test_its_state_has_the_size_of_a_frame_whatever_the_length() -> None:
    _, state = gated(0.0).stream(still(20, 0.1))
    assert isinstance(state, Fusion)
    assert state.frame.shape == (1, 3, 32, 32)
    assert state.variance.shape == (1, 1, 32, 32)
