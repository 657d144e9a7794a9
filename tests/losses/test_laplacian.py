import cv2
import numpy as np
import pytest
import torch

from vidgan.losses.laplacian import Laplacian, doubled, pyramid

FRAMES = torch.rand(2, 3, 37, 50, generator=torch.Generator().manual_seed(0))


def test_levels_sum_back_to_the_frames():
    details, frames = pyramid(FRAMES, 5)
    assert [tuple(detail.shape[-2:]) for detail in details] == [(37, 50), (19, 25), (10, 13), (5, 7), (3, 4)]
    assert frames.shape == (2, 3, 2, 2)
    for detail in reversed(details):
        frames = detail + doubled(frames, detail.shape[-2:])
    torch.testing.assert_close(frames, FRAMES)


def test_a_level_is_that_of_opencv():
    (detail,), small = pyramid(FRAMES[:1, :1, :36], 1)
    frame = FRAMES[0, 0, :36].numpy()
    halved = cv2.pyrDown(frame, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(small[0, 0], halved, atol=1e-6)
    lost = frame - cv2.pyrUp(halved)
    inside = (slice(2, -2), slice(2, -2))  # OpenCV mirrors the enlarged frame's borders
    np.testing.assert_allclose(detail[0, 0][inside], lost[inside], atol=1e-6)


def test_a_single_pixel_by_hand():
    """Of one pixel of 1 at an even place, a level down is the outer product of (1, 6, 1) / 16 around it."""
    real = torch.zeros(1, 1, 1, 16, 16)
    fake = real.clone()
    fake[..., 8, 8] = 1
    _, small = pyramid(fake[0], 1)
    line = torch.tensor([1.0, 6.0, 1.0]) / 16
    torch.testing.assert_close(small[0, 0, 3:6, 3:6], torch.outer(line, line))
    # Blown up, that has a sum of 1 along (1, 4, 12, 28, 38, 28, 12, 4, 1) / 128 each way: 38^2 / 128^2 at the middle.
    middle = (38 / 128) ** 2
    assert Laplacian(levels=1)(fake, real).item() == pytest.approx(((1 - middle) + (1 - middle)) / 256)


def test_brightness_alone_costs_nothing_and_every_level_costs():
    clip = FRAMES[None]
    assert Laplacian()(clip + 0.25, clip).item() == pytest.approx(0, abs=1e-6)
    noise = torch.rand(clip.shape, generator=torch.Generator().manual_seed(1))
    costs = [Laplacian(levels=levels)(clip, noise).item() for levels in range(1, 6)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 5


def test_it_is_not_rounded_in_mixed_precision():
    clip, other = FRAMES[None], FRAMES[None].flip(-1)
    expected = Laplacian()(clip, other)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(Laplacian()(clip, other), expected, rtol=0, atol=0)


def test_its_shape_is_known_without_memory():
    clip = FRAMES[None].to("meta")
    assert Laplacian()(clip, clip).shape == ()
