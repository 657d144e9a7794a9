import math

import pytest
import torch

from vidgan.losses.frequency import FocalFrequency, FourierL1

CLIP = torch.rand(1, 2, 3, 12, 16, generator=torch.Generator().manual_seed(0))
NOISE = torch.rand(CLIP.shape, generator=torch.Generator().manual_seed(1))


def wave(cycles: int, amplitude: float) -> torch.Tensor:
    """One frame of 8 x 16 pixels: a cosine along its rows."""
    return (amplitude * torch.cos(2 * math.pi * cycles * torch.arange(16) / 16)).expand(1, 1, 1, 8, 16)


def test_the_spectrum_of_one_pixel_is_flat():
    fake = torch.zeros(1, 1, 1, 4, 4)
    fake[..., 0, 0] = 0.5
    real = torch.zeros_like(fake)
    assert FourierL1()(fake, real).item() == pytest.approx(0.5 / 2)  # all real parts are 0.5, all imaginary ones 0
    assert FocalFrequency()(fake, real).item() == pytest.approx(0.25 / 16)  # all weights are 1


def test_a_brightness_is_one_number_of_the_spectrum():
    assert FourierL1()(CLIP + 0.25, CLIP).item() == pytest.approx(0.25 / 2, rel=1e-5)
    assert FocalFrequency()(CLIP + 0.25, CLIP).item() == pytest.approx(0.0625, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_the_weaker_of_two_waves_counts_less(alpha):
    """Of a wave of amplitude a two numbers have the size a sqrt(N) / 2: together a mean square of a^2 / 2."""
    fake = wave(1, 0.4) + wave(3, 0.1)
    expected = 0.4**2 / 2 + (0.1 / 0.4) ** alpha * 0.1**2 / 2
    assert FocalFrequency(alpha)(fake, torch.zeros_like(fake)).item() == pytest.approx(expected, rel=1e-5)


def test_each_frame_and_channel_has_weights_of_its_own():
    fake = torch.cat([wave(1, 0.4), wave(3, 0.1)], dim=1)
    expected = (0.4**2 / 2 + 0.1**2 / 2) / 2
    assert FocalFrequency()(fake, torch.zeros_like(fake)).item() == pytest.approx(expected, rel=1e-5)


def test_without_focus_it_is_the_mean_squared_difference():
    torch.testing.assert_close(FocalFrequency(0)(CLIP, NOISE), (CLIP - NOISE).square().mean())


def test_weights_carry_no_gradient():
    fake = CLIP.clone().requires_grad_()
    FocalFrequency()(fake, NOISE).backward()
    spectrum = torch.fft.fft2(CLIP - NOISE, norm="ortho")
    weighted = spectrum * spectrum.abs() / spectrum.abs().amax((-2, -1), keepdim=True)
    expected = 2 * torch.fft.ifft2(weighted, norm="ortho").real / CLIP.numel()
    torch.testing.assert_close(fake.grad, expected, rtol=1e-4, atol=1e-8)  # float32 transforms, added in other orders


@pytest.mark.parametrize("loss", [FourierL1(), FocalFrequency()])
def test_equal_clips_cost_nothing_and_have_a_gradient(loss):
    fake = CLIP.clone().requires_grad_()
    value = loss(fake, CLIP)
    value.backward()
    assert value.item() == 0
    assert fake.grad.abs().sum() == 0


@pytest.mark.parametrize("loss", [FourierL1(), FocalFrequency()])
def test_it_is_not_rounded_in_mixed_precision(loss):
    expected = loss(CLIP, NOISE)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(loss(CLIP, NOISE), expected, rtol=0, atol=0)


@pytest.mark.parametrize("loss", [FourierL1(), FocalFrequency()])
def test_its_shape_is_known_without_memory(loss):
    assert loss(CLIP.to("meta"), NOISE.to("meta")).shape == ()
