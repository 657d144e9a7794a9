"""The deformable convolution against a loop over pixels, and against an ordinary convolution."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.deformable import deformable_conv2d


def read(image: Tensor, y: float, x: float) -> float:
    """Bilinear value at a place; beyond the border every pixel is zero."""
    value = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                value += (1 - abs(y - row)) * (1 - abs(x - column)) * image[row, column].item()
    return value


def naive(images: Tensor, offsets: Tensor, masks: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    count, channels, height, width = images.shape
    outputs, size = weight.shape[0], weight.shape[-1]
    groups = masks.shape[1] // size**2
    result = bias.view(1, -1, 1, 1).expand(count, outputs, height, width).clone()
    for n in range(count):
        for y in range(height):
            for x in range(width):
                for c in range(channels):
                    group = c // (channels // groups)
                    for tap in range(size**2):
                        index = group * size**2 + tap
                        dy, dx = offsets[n, 2 * index, y, x].item(), offsets[n, 2 * index + 1, y, x].item()
                        i, j = divmod(tap, size)
                        value = read(images[n, c], y + i - size // 2 + dy, x + j - size // 2 + dx)
                        result[n, :, y, x] += weight[:, c, i, j] * masks[n, index, y, x] * value
    return result


@pytest.mark.parametrize(("groups", "size"), [(1, 3), (2, 3), (2, 1)])
def test_it_equals_a_loop_over_pixels(groups: int, size: int) -> None:
    images = torch.rand(2, 4, 4, 5)
    offsets = 3 * torch.randn(2, groups * size**2 * 2, 4, 5)
    masks = torch.rand(2, groups * size**2, 4, 5)
    weight, bias = torch.randn(3, 4, size, size), torch.randn(3)
    expected = naive(images, offsets, masks, weight, bias)
    # 36 float32 terms near 1, read at places of up to 10 that are off by 1e-6, by which neighbours mix.
    torch.testing.assert_close(deformable_conv2d(images, offsets, masks, weight, bias), expected, rtol=0, atol=1e-4)


def test_without_offsets_and_masks_it_is_a_convolution() -> None:
    images, weight, bias = torch.rand(1, 4, 6, 7), torch.randn(3, 4, 3, 3), torch.randn(3)
    found = deformable_conv2d(images, torch.zeros(1, 36, 6, 7), torch.ones(1, 18, 6, 7), weight, bias)
    # 36 float32 terms near 1 in another order, read at places of up to 7 that are off by 5e-7.
    torch.testing.assert_close(found, F.conv2d(images, weight, bias, padding=1), rtol=0, atol=1e-5)


def test_an_offset_of_whole_pixels_reads_there() -> None:
    """One tap, dy = 1 and dx = -1: each pixel is the one below and to the left, zero where there is none."""
    images = torch.arange(1.0, 7.0).view(1, 1, 2, 3)
    offsets = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 2, 3)
    found = deformable_conv2d(images, offsets, torch.ones(1, 1, 2, 3), torch.ones(1, 1, 1, 1), torch.zeros(1))
    torch.testing.assert_close(found[0, 0], torch.tensor([[0.0, 4.0, 5.0], [0.0, 0.0, 0.0]]))
