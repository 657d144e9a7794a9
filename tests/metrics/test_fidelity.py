"""PSNR, SSIM and luma against scikit-image and by hand."""

import math

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.sharpness import GradientRatio
from vidgan.metrics.ssim import SSIM
from vidgan.ops.luma import luma


def test_luma_equals_scikit_image(real: Tensor) -> None:
    expected = rgb2ycbcr(real.permute(0, 2, 3, 1).double().numpy())[..., :1]
    assert np.allclose(luma(real.double()).permute(0, 2, 3, 1) * 255, expected, atol=1e-10)


def test_luma_of_black_and_white() -> None:
    frames = torch.tensor([0.0, 1.0], dtype=torch.float64).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    assert (luma(frames) * 255).flatten().tolist() == pytest.approx([16, 235])


def test_psnr_equals_scikit_image(fake: Tensor, real: Tensor) -> None:
    pairs = zip(real.double().numpy(), fake.double().numpy(), strict=True)
    expected = np.mean([peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs])
    assert PSNR()(fake, real) == pytest.approx(expected, abs=1e-9)


def test_psnr_is_the_mean_over_frames_not_of_the_error() -> None:
    real = torch.zeros(2, 3, 8, 8)
    fake = torch.stack([torch.full((3, 8, 8), 0.1), torch.full((3, 8, 8), 0.01)])
    assert PSNR()(fake, real) == pytest.approx((20 + 40) / 2, abs=1e-6)
    assert PSNR()(real, real) == math.inf


def test_ssim_equals_scikit_image(fake: Tensor, real: Tensor) -> None:
    expected = []
    for a, b in zip(real.double().numpy(), fake.double().numpy(), strict=True):
        _, pixels = structural_similarity(
            a,
            b,
            channel_axis=0,
            data_range=1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        expected.append(pixels[:, 5:-5, 5:-5].mean())
    assert SSIM()(fake, real) == pytest.approx(np.mean(expected), abs=1e-9)


def test_ssim_of_two_flat_pictures_by_hand() -> None:
    """Without variance only the luminance term is left: (2ab + C1) / (a^2 + b^2 + C1)."""
    a, b = torch.full((1, 1, 16, 16), 0.4), torch.full((1, 1, 16, 16), 0.6)
    expected = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert SSIM()(a, b) == pytest.approx(expected, abs=1e-6)
    assert SSIM()(a, a) == 1


def test_ssim_refuses_frames_smaller_than_its_window() -> None:
    with pytest.raises(UserError, match="at least 11 pixels"):
        SSIM()(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))


def test_gradient_ratio_of_half_the_contrast_is_a_half(real: Tensor) -> None:
    assert GradientRatio()(real, real) == 1
    assert GradientRatio()(0.5 * real, real) == pytest.approx(0.5, abs=1e-6)
    assert math.isnan(GradientRatio()(real, torch.full_like(real, 0.5)))
