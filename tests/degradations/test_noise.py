"""Noise of cameras and film, and what is known of its deviation."""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from vidgan.degradations.camera import CameraNoise, srgb_slope, to_linear, to_srgb
from vidgan.degradations.chain import Chain
from vidgan.degradations.grain import FilmGrain
from vidgan.degradations.noise import GaussianNoise, ShotNoise
from vidgan.degradations.video_codec import VideoCodec
from vidgan.randomness import mix

SEEDS = torch.tensor([mix("clip", index) for index in range(3)])
GRAY = torch.full((3, 2, 3, 96, 96), 0.4)
NOISES = [
    GaussianNoise((5, 55), clip=False),
    ShotNoise((0.5, 3), clip=False),
    CameraNoise((1e-4, 1e-3)),
    FilmGrain((5, 20)),
]


def test_srgb_curve_has_the_published_values_and_an_inverse() -> None:
    values = torch.tensor([-0.05, 0.0, 0.04045, 0.5, 1.0], dtype=torch.float64)
    expected = torch.tensor([-0.05 / 12.92, 0, 0.0031308, 0.21404114, 1.0], dtype=torch.float64)
    torch.testing.assert_close(to_linear(values), expected, rtol=0, atol=1e-7)
    torch.testing.assert_close(to_srgb(to_linear(values)), values, rtol=0, atol=1e-7)


def test_srgb_slope_is_the_derivative() -> None:
    light = torch.tensor([-0.01, 0.001, 0.01, 0.3, 1.0], dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(to_srgb(light).sum(), light)
    torch.testing.assert_close(srgb_slope(light.detach()), expected)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_the_deviation_told_is_the_deviation_added(noise: torch.nn.Module) -> None:
    added = noise(GRAY, SEEDS) - GRAY
    told = noise.sigma_of(GRAY, SEEDS).expand_as(GRAY)[:, 0, 0, 0, 0]
    assert added.flatten(1).std(1).tolist() == pytest.approx(told.tolist(), rel=0.04)
    assert len(set(told.tolist())) == 3


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_noise_is_new_in_every_frame(noise: torch.nn.Module) -> None:
    first, second = (noise(GRAY, SEEDS) - GRAY)[:1].flatten(2)[0]
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 0.05


def test_camera_noise_has_the_variance_of_its_photons_in_linear_light() -> None:
    """shot = e^-7 for all: log(read) is 2.18 * -7 + 1.20 on average, 60 times less than the shot noise of white."""
    white, black = (torch.full((3, 4, 3, 64, 64), value) for value in (1.0, 0.0))
    noise = CameraNoise((1e-7 + 0.000911882, 0.000911882))
    read = to_linear(noise(black, SEEDS)).flatten(1).var(1)
    both = to_linear(noise(white, SEEDS)).flatten(1).var(1)
    assert (both - read).tolist() == pytest.approx([0.000911882] * 3, rel=0.03)
    assert read.log().tolist() == pytest.approx([2.18 * -7 + 1.20] * 3, abs=4 * 0.26)


def test_grain_is_correlated_between_neighbours_as_its_filter_says() -> None:
    """White noise through a Gaussian of deviation s has the correlation exp(-d^2 / 4 s^2) at distance d."""
    grain = FilmGrain((10, 10), size=(1, 1), gray=0)(GRAY, SEEDS) - GRAY
    correlation = (grain[..., 1:] * grain[..., :-1]).mean() / grain.square().mean()
    assert correlation.item() == pytest.approx(0.7788, abs=0.02)


def test_grain_is_strongest_in_the_mid_tones_and_none_in_black() -> None:
    levels = torch.tensor([0.0, 0.1, 0.5]).view(3, 1, 1, 1, 1).expand(3, 1, 3, 64, 64)
    grain = FilmGrain((10, 10))(levels, SEEDS) - levels
    assert (grain.flatten(1).std(1) * 255).tolist() == pytest.approx([0, 6, 10], abs=0.6)


def test_steps_of_other_kinds_leave_the_deviation_unknown() -> None:
    assert Chain([GaussianNoise()]).sigma_of(GRAY, SEEDS) is None
    assert VideoCodec().sigma_of(GRAY, SEEDS) is None


def test_stronger_video_compression_errs_more() -> None:
    option = OmegaConf.load(Path(__file__).parents[2] / "conf" / "degradations" / "grain.yaml")
    frames = instantiate(option)(GRAY[:1, :, :, :32, :32], SEEDS[:1])
    errors = [(VideoCodec((crf, crf))(frames, SEEDS[:1]) - frames).square().mean() for crf in (10, 30, 45)]
    assert errors[0] < errors[1] < errors[2]
