"""Blur, noise, JPEG and their combinations: what is drawn, and what it does."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.degradations.shipped import NAMES, shipped
from vidgan.degradations.base import Degradation
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.blur import RandomBlur, gaussian_kernels, sinc_kernels
from vidgan.degradations.chain import Chain, Either, Pool
from vidgan.degradations.jpeg import JPEG
from vidgan.degradations.noise import GaussianNoise, ShotNoise
from vidgan.degradations.second_order import SecondOrder, Stage
from vidgan.randomness import mix

SEEDS = torch.tensor([mix("clip", index) for index in range(3)])


def column(*values: float) -> Tensor:
    return torch.tensor(values).view(-1, 1, 1)


def still(size: int = 32) -> Tensor:
    """(3, 4, 3, size, size): clips of equal smooth frames."""
    noise = torch.rand(3, 3, size // 4, size // 4, generator=torch.Generator().manual_seed(0))
    frames = torch.nn.functional.interpolate(noise, size=(size, size), mode="bicubic").clamp(0, 1)
    return frames[:, None].expand(3, 4, 3, size, size)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_a_function_of_the_clip_and_its_seed(name: str) -> None:
    """In a batch or alone, with whatever neighbours: what one clip becomes follows from its seed."""
    degradation, size = shipped(name), 64  # of 32 x 32 x264 does not make the same every time
    low = degradation(still(size), SEEDS)
    assert low.shape == (3, 4, 3, size // degradation.scale, size // degradation.scale)
    if getattr(degradation, "clip", True):
        assert low.min() >= 0
        assert low.max() <= 1
    for index in range(3):
        alone = degradation(still(size)[index : index + 1], SEEDS[index : index + 1])
        # Convolutions of other batch sizes may add up to 441 terms near 1 in another order, in float32.
        torch.testing.assert_close(alone, low[index : index + 1], rtol=0, atol=2e-6)


@pytest.mark.parametrize("degradation", [RandomBlur(), JPEG(), Chain([RandomBlur(), Bicubic(2), JPEG()])])
def test_parameters_are_fixed_over_the_frames_and_differ_between_clips(degradation: Degradation) -> None:
    low = degradation(still()[:1].expand(3, -1, -1, -1, -1), SEEDS)
    torch.testing.assert_close(low, low[:, :1].expand_as(low), rtol=0, atol=1e-6)  # float32 sums, as above
    assert (low[0] - low[1]).abs().max() > 1e-3  # a thousand times that


def test_gaussian_kernels_have_the_standard_deviations_asked_for() -> None:
    """A kernel turned by 90 degrees has its long side upright."""
    kernels = gaussian_kernels(column(2.0, 2.0), column(1.0, 1.0), column(0.0, math.pi / 2), 21)
    offsets = torch.arange(21.0) - 10
    across = (kernels.sum(1) * offsets**2).sum(1)
    down = (kernels.sum(2) * offsets**2).sum(1)
    assert kernels.sum((1, 2)).tolist() == pytest.approx([1, 1], abs=1e-6)  # 441 terms in float32
    # A Gaussian of deviation 2 that ends at 10.5 has lost 1.7e-5 of its variance.
    assert across.tolist() == pytest.approx([4, 1], abs=3e-5)
    assert down.tolist() == pytest.approx([1, 4], abs=3e-5)


def test_sinc_kernels_pass_below_the_cutoff_and_stop_above() -> None:
    kernel = sinc_kernels(column(math.pi / 2), 81)[0]
    response = torch.fft.fft2(torch.fft.ifftshift(kernel), s=(81, 81)).real
    frequency = 2 * math.pi * torch.fft.fftfreq(81)
    radius = torch.hypot(frequency[:, None], frequency[None])
    assert (response[radius < 0.85 * math.pi / 2] - 1).abs().max() < 0.1
    assert response[radius > 1.15 * math.pi / 2].abs().max() < 0.1


def test_kernels_follow_their_probabilities() -> None:
    seeds = torch.tensor([mix(index) for index in range(2000)])
    kernels = RandomBlur(probability=0.8, stretched=0.5, ringing=0.25, size=7).kernels(seeds)
    untouched = kernels[:, 3, 3] == 1
    ringing = (kernels < 0).any(-1).any(-1)
    round_ = (kernels - kernels.mT).abs().amax((1, 2)) < 1e-6
    # A share p of n draws deviates by sqrt(p (1 - p) / n), at most 0.011 here, of which three are allowed.
    assert untouched.float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert ringing.float().mean().item() == pytest.approx(0.8 * 0.25, abs=0.03)
    assert (round_ & ~untouched & ~ringing).float().mean().item() == pytest.approx(0.8 * 0.75 * 0.5, abs=0.03)


def test_gaussian_noise_has_the_deviation_asked_for_and_is_new_in_every_frame() -> None:
    gray = torch.full((3, 4, 3, 64, 64), 0.5)
    noise = GaussianNoise(sigma=(25, 25), clip=False)(gray, SEEDS) - gray
    # A deviation estimated from n values is off by 1 / sqrt(2 n) of itself: of 12,288 by 0.16, of which five are
    # allowed. So is a correlation of 4,096 values by 1 / 64, in 630 pairs.
    assert (noise.flatten(2).std(2) * 255).tolist() == pytest.approx(np.full((3, 4), 25.0), abs=0.8)
    correlations = torch.corrcoef(noise.flatten(0, 2).flatten(1)) - torch.eye(36)
    assert correlations.abs().max() < 0.08


def test_gray_noise_is_equal_in_all_channels() -> None:
    flat = torch.full((1, 2, 3, 8, 8), 0.5)
    noisy = GaussianNoise(sigma=(10, 10), gray=1.0)(flat, SEEDS[:1])
    assert torch.equal(noisy, noisy[:, :, :1].expand_as(noisy))


def test_shot_noise_grows_with_the_root_of_the_signal() -> None:
    """A sensor that counts 255 photons in white: the deviation of n photons is sqrt(n)."""
    levels = torch.tensor([0.0, 64.0, 144.0]).view(3, 1, 1, 1, 1).expand(3, 1, 3, 64, 64) / 255
    noisy = ShotNoise(strength=(1, 1), clip=False)(levels, SEEDS) * 255
    # From 12,288 values a deviation is off by 0.64 %, which is 0.08 of 12; four times that is allowed.
    assert noisy.flatten(1).std(1).tolist() == pytest.approx([0, 8, 12], abs=0.3)


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_errs_as_libjpeg_does(quality: int) -> None:
    """On a gray picture, so that the filter of the halved chroma is no matter: the same errors in the same places."""
    levels = (still(64)[0, 0, 0] * 255).round()
    file = io.BytesIO()
    Image.fromarray(levels.byte().numpy()).save(file, "JPEG", quality=quality)
    expected = torch.from_numpy(np.array(Image.open(file))).float() - levels
    coded = JPEG((quality, quality))((levels / 255).expand(1, 1, 3, 64, 64), SEEDS[:1])
    error = coded[0, 0, 0] * 255 - levels
    # libjpeg rounds its picture, too: where the error is about a level, a tenth of it is that rounding.
    assert 0.85 < error.std() / expected.std() < 1
    assert torch.corrcoef(torch.stack([error.flatten(), expected.flatten()]))[0, 1] > 0.9


def test_equal_steps_of_a_chain_draw_differently() -> None:
    flat = torch.full((1, 1, 3, 32, 32), 0.5)
    step = GaussianNoise(sigma=(10, 10), clip=False)
    once, twice = Chain([step])(flat, SEEDS[:1]) - flat, Chain([step, step])(flat, SEEDS[:1]) - flat
    # The ratio of two deviations, each from 3,072 values and off by 1.3 %; nearly three times 1.8 % are allowed.
    assert twice.std().item() == pytest.approx(math.sqrt(2) * once.std().item(), rel=0.05)


def test_a_chain_shrinks_by_the_product_of_its_steps() -> None:
    chain = Chain([Bicubic(2), JPEG(), Bicubic(2)])
    assert chain.scale == 4
    assert chain(still(), SEEDS).shape[-2:] == (8, 8)


def test_either_takes_the_first_with_its_probability() -> None:
    seeds = torch.tensor([mix(index) for index in range(1000)])
    frames = torch.full((1000, 1, 1, 1, 1), 0.5)
    bright = Either(_Shift(0.25), _Shift(-0.25), probability=0.3)(frames, seeds)
    # A share of 0.3 of 1,000 draws deviates by 0.0145; nearly three times that is allowed.
    assert (bright > 0.5).float().mean().item() == pytest.approx(0.3, abs=0.04)
    assert sorted(bright.unique().tolist()) == [0.25, 0.75]


def test_either_refuses_two_scales() -> None:
    with pytest.raises(ValueError, match=r"scales 2 and 4 differ"):
        Either(Bicubic(2), Bicubic(4))


def test_a_pool_takes_each_kind_as_often_as_it_weighs() -> None:
    seeds = torch.tensor([mix(index) for index in range(1000)])
    frames = torch.full((1000, 1, 1, 1, 1), 0.5)
    made = Pool([_Shift(0.25), _Shift(0), _Shift(-0.25), _Shift(1)], weights=[1, 2, 5, 0])(frames, seeds).flatten()
    # Shares of 1,000 draws deviate by 0.0153 at most; nearly three times that is allowed.
    for value, share in ((0.75, 1 / 8), (0.5, 2 / 8), (0.25, 5 / 8)):
        assert (made == value).float().mean().item() == pytest.approx(share, abs=0.04)
    assert made.max() == 0.75, "what weighs nothing never comes"


def test_kinds_of_a_pool_shrink_alike() -> None:
    assert Pool([Bicubic(4), Chain([Bicubic(2), JPEG(), Bicubic(2)])])(still(), SEEDS).shape == (3, 4, 3, 8, 8)
    with pytest.raises(ValueError, match=r"2 kinds have the scales \[2, 4\]"):
        Pool([Bicubic(2), Bicubic(4)])
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0]):
        with pytest.raises(ValueError, match="it needs 2 numbers from 0 on, and one above 0"):
            Pool([JPEG(), JPEG()], weights)


class _Shift(Degradation):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def degrade(self, frames: Tensor, seeds: Tensor) -> Tensor:
        return frames + self.by


def test_stages_draw_sizes_within_their_factors() -> None:
    stage = Stage(_Shift(0), _Shift(0), shrink=0.6, stretch=0.2, factors=(0.25, 1.5))
    factors = np.array([stage._factor(torch.tensor([mix(index)])) for index in range(1000)])
    # The ends are met within a few of the mean distances between draws, 0.75 / 600 and 0.5 / 200; the shares deviate
    # by 0.0155 and 0.0126, of which three are allowed.
    assert factors.min() == pytest.approx(0.25, abs=0.01)
    assert factors.max() == pytest.approx(1.5, abs=0.02)
    assert (factors < 1).mean() == pytest.approx(0.6, abs=0.05)
    assert (factors > 1).mean() == pytest.approx(0.2, abs=0.04)


def test_second_order_without_noise_is_steady_in_time() -> None:
    stage = Stage(RandomBlur(), _Shift(0), shrink=0.5, stretch=0.3, factors=(0.3, 1.5))
    low = SecondOrder(stage, stage, JPEG(), RandomBlur(ringing=1.0))(still(), SEEDS)
    assert torch.equal(low, low[:, :1].expand_as(low))
    assert torch.equal((low * 255).round() / 255, low)
