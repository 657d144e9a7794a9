"""BD against OpenCV's filter with the sampling of the published scripts."""

import cv2
import numpy as np
import torch

from vidgan.degradations.blur_down import BlurDown

SEEDS = torch.zeros(1, dtype=torch.int64)


def filtered(picture: np.ndarray, taps: int, sigma: float, anchor: int) -> np.ndarray:
    distance = np.arange(taps) - (taps - 1) / 2
    kernel = np.exp(-(distance**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    return cv2.filter2D(picture, -1, np.outer(kernel, kernel), anchor=(anchor, anchor), borderType=cv2.BORDER_REPLICATE)


def test_bd_is_a_12_tap_gaussian_of_sigma_1_6_centred_on_blocks() -> None:
    """MATLAB anchors a kernel of 12 at its 6th tap and takes pixels 2, 6, 10 ... (counted from 1)."""
    picture = np.random.default_rng(0).random((24, 32), dtype=np.float32)
    expected = filtered(picture, 12, 1.6, anchor=5)[1::4, 1::4]
    low = BlurDown(4, quantize=False)(torch.from_numpy(picture)[None, None, None], SEEDS)
    assert np.allclose(low[0, 0, 0], expected, atol=1e-6)


def test_bd_of_tecogan_is_a_9_tap_gaussian_of_sigma_1_5_on_every_fourth_pixel() -> None:
    picture = np.random.default_rng(1).random((24, 32), dtype=np.float32)
    expected = filtered(picture, 9, 1.5, anchor=4)[::4, ::4]
    degradation = BlurDown(4, sigma=1.5, reach=4, centred=False, quantize=False)
    low = degradation(torch.from_numpy(picture)[None, None, None], SEEDS)
    assert np.allclose(low[0, 0, 0], expected, atol=1e-6)


def test_bd_rounds_to_8_bits() -> None:
    frames = torch.rand(2, 3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    low = BlurDown(4)(frames, SEEDS.expand(2))
    assert low.shape == (2, 3, 3, 4, 4)
    assert torch.equal((low * 255).round() / 255, low)
