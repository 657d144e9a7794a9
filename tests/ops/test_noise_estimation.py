"""Blind estimates of noise, and the map in which networks are told."""

import pytest
import torch

from tests.media import moving
from vidgan.ops.noise_estimation import estimate_sigma, with_noise_map


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
def test_white_noise_alone_is_estimated_within_two_percent(sigma: int) -> None:
    noise = 0.5 + sigma / 255 * torch.randn(4, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    assert 255 * estimate_sigma(noise) == pytest.approx(sigma, rel=0.02)


def test_pictures_are_not_taken_for_noise() -> None:
    """A smooth shade with sharp straight edges, under noise of 25 levels that is clipped and rounded as in a file."""
    shade = torch.linspace(0.2, 0.8, 256).expand(4, 3, 256, 256).clone()
    shade[..., 64:128, :] = 0
    shade[..., :, 200:] = 0.9
    noise = 25 / 255 * torch.randn(shade.shape, generator=torch.Generator().manual_seed(0))
    noisy = ((shade + noise).clamp(0, 1) * 255).round() / 255
    assert 255 * estimate_sigma(noisy) == pytest.approx(25, rel=0.06)


def test_texture_raises_the_estimate_less_than_noise_does() -> None:
    texture = torch.from_numpy(moving(2, 128, 128)).permute(0, 3, 1, 2).float() / 255
    noise = 25 / 255 * torch.randn(texture.shape, generator=torch.Generator().manual_seed(0))
    assert estimate_sigma(texture) < 0.5 * estimate_sigma(texture + noise)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (3, 3), (7, 40)])
def test_small_and_flat_frames_have_none(size: tuple[int, int]) -> None:
    assert estimate_sigma(torch.full((2, 3, *size), 0.3)) == pytest.approx(0, abs=1e-6)


def test_the_map_is_the_fourth_channel_and_the_root_mean_square_over_colors() -> None:
    frames = torch.rand(2, 3, 3, 4, 5)
    whole = with_noise_map(frames, torch.tensor([0.1, 0.2, 0.2]).view(1, 1, 3, 1, 1))
    assert torch.equal(whole[:, :, :3], frames)
    torch.testing.assert_close(whole[:, :, 3], torch.full((2, 3, 4, 5), 0.03**0.5))
    assert torch.equal(with_noise_map(frames, 0.25)[:, :, 3], torch.full((2, 3, 4, 5), 0.25))
