"""MATLAB's imresize, against its formula by hand, torch and Pillow."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from vidgan.degradations.bicubic import Bicubic
from vidgan.errors import UserError
from vidgan.ops.resize import Kernel, enlarge, resize

MARGIN = 32


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, 24, 36, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def mirrored(picture: torch.Tensor) -> torch.Tensor:
    pad = np.pad(picture.numpy(), ((0, 0), (0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), mode="symmetric")
    return torch.from_numpy(pad)


def test_the_weights_of_a_quarter_are_those_of_the_formula() -> None:
    weights = resize(torch.eye(64, dtype=torch.float64), (64, 16))[:, 7]
    half = [0.240966796875, 0.181884765625, 0.097412109375, 0.022705078125]
    half += [-0.011962890625, -0.018310546875, -0.010986328125, -0.001708984375]
    assert weights[22:38].tolist() == [*half[::-1], *half]
    assert weights.count_nonzero() == 16


def test_borders_are_mirrored_with_the_last_pixel_twice() -> None:
    """At the left end the taps -6..9 of the first sample fold onto pixels 0..9: pixel k also takes tap -1 - k."""
    weights = resize(torch.eye(64, dtype=torch.float64), (64, 16))[:, 0]
    assert weights[0].item() == pytest.approx(0.181884765625 + 0.097412109375, abs=1e-15)
    assert weights[9].item() == pytest.approx(-0.001708984375, abs=1e-15)
    assert weights.sum().item() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [0.25, 0.5, 2, 4])
def test_kernels_equal_those_of_torch_on_the_mirrored_picture(
    picture: torch.Tensor, factor: float, kernel: Kernel
) -> None:
    """torch's antialiased kernels are the same; given the mirrored margin, its borders do not matter."""
    size = (int(24 * factor), int(36 * factor))
    wide = F.interpolate(mirrored(picture), scale_factor=factor, mode=kernel, antialias=True)
    margin = int(MARGIN * factor)
    expected = wide[..., margin:-margin, margin:-margin]
    assert torch.allclose(resize(picture, size, kernel), expected, atol=1e-12)


@pytest.mark.parametrize("factor", [0.25, 2])
def test_lanczos_equals_pillow_on_the_mirrored_picture(picture: torch.Tensor, factor: float) -> None:
    plane = mirrored(picture)[0, 0].float()
    size = (int(plane.shape[1] * factor), int(plane.shape[0] * factor))
    wide = np.asarray(Image.fromarray(plane.numpy()).resize(size, Image.Resampling.LANCZOS))
    margin = int(MARGIN * factor)
    ours = resize(picture, (int(24 * factor), int(36 * factor)), "lanczos")[0, 0]
    assert np.allclose(ours, wide[margin:-margin, margin:-margin], atol=1e-6)


def test_any_size_can_be_asked_for(picture: torch.Tensor) -> None:
    assert resize(picture, (7, 50)).shape == (1, 3, 7, 50)
    assert torch.allclose(resize(torch.full((1, 11, 13), 0.3), (7, 50)), torch.tensor(0.3), atol=1e-6)


def test_bi_is_rounded_to_8_bits_and_saturated() -> None:
    steep = torch.zeros(1, 1, 3, 32, 32)
    steep[..., 10:22, 10:22] = 1
    low = Bicubic(4)(steep, torch.zeros(1, dtype=torch.int64))
    assert low.shape == (1, 1, 3, 8, 8)
    assert torch.equal((low * 255).round() / 255, low)
    assert low.min() == 0
    assert low.max() == 1


def test_matrices_made_in_inference_mode_can_be_trained_through() -> None:
    with torch.inference_mode():
        resize(torch.rand(1, 17, 19), (34, 38))
    frames = torch.rand(1, 17, 19, requires_grad=True)
    resize(frames, (34, 38)).sum().backward()
    assert frames.grad is not None
    assert frames.grad.sum().item() == pytest.approx(34 * 38, rel=1e-5)


def test_autocast_and_lower_matmul_precision_change_nothing() -> None:
    frames = torch.rand(1, 2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seeds = torch.zeros(1, dtype=torch.int64)
    expected = Bicubic(4, quantize=False)(frames, seeds)
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(Bicubic(4, quantize=False)(frames, seeds), expected)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_a_size_that_does_not_divide_is_refused_with_the_remedy() -> None:
    with pytest.raises(UserError, match=r"994x42 pixels do not divide .* scale 4; crop them to 992x40"):
        Bicubic(4)(torch.zeros(1, 1, 3, 42, 994), torch.zeros(1, dtype=torch.int64))


def test_enlarging_keeps_flat_pictures_and_the_range() -> None:
    flat = torch.full((2, 3, 4, 5), 0.7)
    assert torch.allclose(enlarge(flat, 4), torch.full((2, 3, 16, 20), 0.7), atol=1e-6)
    high = enlarge((torch.arange(64) % 8 > 3).float().expand(1, 8, 64), 2, "lanczos")
    assert high.min() == 0
    assert high.max() == 1


def test_mixed_precision_leaves_pixels_as_they_are() -> None:
    frames = torch.rand(1, 3, 12, 12)
    alone = resize(frames, (24, 18))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(resize(frames, (24, 18)), alone)
