"""Homographies of whole frames: hand-computed places, and quarter turns that torch knows otherwise."""

import math

import torch

from vidgan.ops.homography import homographies, horizon, warp_to
from vidgan.ops.resize import resize

IMAGES = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(0))


def turned(degrees: float, aspect: float = 1.0, tilt: tuple[float, float] = (0, 0)) -> torch.Tensor:
    return homographies(torch.tensor([math.radians(degrees)] * 2), torch.tensor([tilt] * 2), aspect)


def test_a_quarter_turn_is_clockwise() -> None:
    made = warp_to(IMAGES, turned(90), (24, 24))
    torch.testing.assert_close(made, IMAGES.rot90(-1, (2, 3)), rtol=0, atol=1e-4)


def test_without_a_homography_it_stretches_alone() -> None:
    assert torch.equal(warp_to(IMAGES, None, (12, 36)), resize(IMAGES, (12, 36), "bilinear"))
    torch.testing.assert_close(warp_to(IMAGES, turned(0), (12, 36)), resize(IMAGES, (12, 36), "bilinear"))


def test_a_turn_keeps_angles_in_pixels_whatever_the_aspect() -> None:
    (matrix, _) = turned(90, aspect=2.0)  # the middle of the right edge shows what lies twice as far as the upper edge
    torch.testing.assert_close(matrix @ torch.tensor([1.0, 0, 1]), torch.tensor([0.0, -2, 1]), rtol=0, atol=1e-6)


def test_a_tilt_by_hand() -> None:
    (matrix, _) = turned(0, tilt=(0.25, 0.0))
    x, y, scale = (matrix @ torch.tensor([1.0, 1, 1])).tolist()
    assert (x / scale, y / scale) == (0.8, 0.8)
    assert horizon(matrix).item() == 0.75
    assert horizon(turned(0)[0]).item() == 1


def test_there_and_back() -> None:
    smooth = resize(torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(1)), (48, 48))
    matrices = turned(20, tilt=(0.1, -0.1))
    back = warp_to(warp_to(smooth, matrices, (48, 48)), torch.linalg.inv(matrices), (48, 48))
    middle = (..., slice(16, 32), slice(16, 32))
    assert (
        (back - smooth)[middle].abs().mean()
        < 0.01
        < (warp_to(smooth, matrices, (48, 48)) - smooth)[middle].abs().mean()
    )


def test_mixed_precision_leaves_places_as_they_are() -> None:
    matrices, made = turned(30, aspect=1.5), warp_to(IMAGES, turned(30, aspect=1.5), (24, 36))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(turned(30, aspect=1.5), matrices)
        assert torch.equal(warp_to(IMAGES, matrices, (24, 36)), made)
