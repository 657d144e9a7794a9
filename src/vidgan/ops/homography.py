"""Homographies of whole frames, in coordinates that no size is in: a frame reaches from -1 to 1 on both axes.

A matrix leads from a point of what is made to the point of the source that it shows, as homogeneous (x, y, 1).
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.ops.resampling import full_precision
from vidgan.ops.resize import Kernel, resize


def homographies(rotation: Tensor, tilt: Tensor, aspect: float) -> Tensor:
    """A turn about the middle, after a tilt of the picture's plane.

    Args:
        rotation: (...) in radians; clockwise on the screen is positive.
        tilt: (..., 2) perspective: at the right and at the lower edge the source is divided by 1 plus this, and by 1
            less at the edges across; where it comes to 0 there is the horizon, see :func:`horizon`.
        aspect: width over height of what is made, in pixels.

    Returns:
        (..., 3, 3).
    """
    cosine, sine = rotation.cos(), rotation.sin()
    one, zero = torch.ones_like(rotation), torch.zeros_like(rotation)
    turned = torch.stack([cosine, sine / aspect, zero, -sine * aspect, cosine, zero, zero, zero, one], -1)
    tilted = torch.stack([one, zero, zero, zero, one, zero, tilt[..., 0], tilt[..., 1], one], -1)
    with full_precision(rotation):
        return tilted.unflatten(-1, (3, 3)) @ turned.unflatten(-1, (3, 3))


def horizon(matrices: Tensor) -> Tensor:
    """How near the corners of a frame come to the horizon: 1 is without tilt, 0 at it, negative behind.

    Args:
        matrices: (..., 3, 3).

    Returns:
        (...), the least of the four corners.
    """
    corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]], device=matrices.device)
    return (matrices[..., 2:, :] * corners).sum(-1).amin(-1)


def warp_to(images: Tensor, matrices: Tensor | None, size: tuple[int, int], kernel: Kernel = "bilinear") -> Tensor:
    """Pictures or features, stretched to a size and then led by homographies.

    Args:
        images: (N, C, H, W).
        matrices: (N, 3, 3); None stretches alone.
        size: height and width of the result.
        kernel: of the stretching, which smooths where it makes smaller; homographies sample bilinearly.

    Returns:
        (N, C, *size); beyond its borders a picture is mirrored.
    """
    exact = torch.promote_types(images.dtype, torch.float32)  # a place in a picture has more digits than bfloat16
    stretched = resize(images.to(exact), size, kernel)
    if matrices is not None:
        with full_precision(images):
            grid = _points(size, images.device).to(exact) @ matrices.to(exact).mT[:, None]
        places = grid[..., :2] / grid[..., 2:]
        stretched = F.grid_sample(stretched, places, padding_mode="reflection", align_corners=False)
    return stretched.to(images.dtype)


def _points(size: tuple[int, int], device: torch.device) -> Tensor:
    """(H, W, 3): the middle of each pixel."""
    rows, columns = ((torch.arange(side, device=device) * 2 + 1) / side - 1 for side in size)
    x, y = torch.meshgrid(columns, rows, indexing="xy")
    return torch.stack([x, y, torch.ones_like(x)], -1)
