"""Key points as pictures: discs, Gaussians, limbs, and PG2's mask of the person. Batched, on any device.

Coordinates are (x, y) in pixels, integers being pixel centres. A missing (NaN) key point gives an empty map, a limb
without both ends too.
"""

import torch
from kornia.morphology import closing, dilation
from torch import Tensor

from vidgan.pose.skeleton import OPENPOSE_18, Pairs, Skeleton

# Limbs of the mask in OpenPose-18 (Ma et al. 2017): those of the skeleton and lines that fill the torso and the head.
MASK_LIMBS: Pairs = tuple(
    (a - 1, b - 1)
    for a, b in [
        *((2, 3), (2, 6), (3, 4), (4, 5), (6, 7), (7, 8), (2, 9), (9, 10), (10, 11), (2, 12), (12, 13), (13, 14)),
        *((2, 1), (1, 15), (15, 17), (1, 16), (16, 18), (2, 17), (2, 18), (9, 12), (12, 6), (9, 3), (17, 18)),
    ]
)
_SPACING = 4  # pixels between the mask's discs


def disc_maps(points: Tensor, size: tuple[int, int], radius: float = 4.0) -> Tensor:
    """Solid discs, 1 inside and 0 outside: the pose that PG2 is given (Ma et al. 2017, section 3.1).

    Args:
        points: (..., K, 2 or 3).
        size: height and width.
        radius: in pixels, the rim included.

    Returns:
        (..., K, H, W) float32.
    """
    return (_squared_distances(points, size) <= radius**2).float()


def gaussian_maps(points: Tensor, size: tuple[int, int], sigma: float = 2.0) -> Tensor:
    """Gaussians of height 1 and standard deviation ``sigma`` in pixels; arguments and shape as :func:`disc_maps`."""
    return torch.exp(-_squared_distances(points, size) / (2 * sigma**2))


def limb_maps(points: Tensor, limbs: Pairs, size: tuple[int, int], width: float = 4.0) -> Tensor:
    """Limbs as bars with round ends, 1 inside and 0 outside.

    Args:
        points: (..., K, 2 or 3).
        limbs: pairs of indices of key points, such as ``Skeleton.limb_indices``.
        size: height and width.
        width: in pixels.

    Returns:
        (..., number of limbs, H, W) float32.
    """
    starts, ends = (points[..., list(indices), :2].float() for indices in zip(*limbs, strict=True))
    along = ends - starts
    pixels = torch.stack(_grid(size, points.device), -1)  # (H, W, 2)
    offsets = pixels - starts[..., None, None, :]
    along = along[..., None, None, :]
    place = ((offsets * along).sum(-1) / along.square().sum(-1).clamp(min=1e-6)).clamp(0, 1)
    distances = (offsets - place[..., None] * along).norm(dim=-1)
    return (distances <= width / 2).float()


def pose_mask(points: Tensor, size: tuple[int, int], skeleton: Skeleton = OPENPOSE_18, radius: int = 4) -> Tensor:
    """PG2's mask of the person: discs every 4 pixels along the limbs, then a closing with a 5 x 5 square.

    Of OpenPose-18 the limbs are the published ones, of other skeletons those that are drawn. Discs around whole pixels.

    Args:
        points: (..., K, 2 or 3).
        size: height and width.
        skeleton: what the key points are.
        radius: of the discs in pixels.

    Returns:
        (..., 1, H, W) float32: 1 on the person, 0 on the background.
    """
    limbs = MASK_LIMBS if skeleton is OPENPOSE_18 else skeleton.limb_indices
    batch = points.shape[:-2]
    starts, ends = (points[..., list(indices), :2].float().flatten(0, -3) for indices in zip(*limbs, strict=True))
    centres = _spread(starts, ends)
    canvas = _marked(centres, size, margin=radius)
    square = torch.ones(5, 5, device=points.device)
    height, width = size
    mask = dilation(canvas, _disc(radius, points.device))[..., radius : radius + height, radius : radius + width]
    return closing(mask, square).view(*batch, 1, *size)


def _grid(size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """x and y of all pixels, each (H, W)."""
    y, x = torch.meshgrid(*(torch.arange(side, device=device, dtype=torch.float32) for side in size), indexing="ij")
    return x, y


def _squared_distances(points: Tensor, size: tuple[int, int]) -> Tensor:
    """(..., K, H, W) from each pixel to each key point; infinite where it is missing."""
    height, width = (torch.arange(side, device=points.device, dtype=torch.float32) for side in size)
    dx, dy = width - points[..., :1].float(), height - points[..., 1:2].float()
    return (dy.square()[..., :, None] + dx.square()[..., None, :]).nan_to_num(nan=torch.inf)


def _spread(starts: Tensor, ends: Tensor) -> Tensor:
    """Points every few pixels from starts to ends (N, L, 2), the ends included: (N, L * S, 2), NaN where none is."""
    lengths = (ends - starts).norm(dim=-1, keepdim=True)
    count = int(lengths.nan_to_num(0).max() // _SPACING) + 2 if lengths.numel() else 2
    steps = torch.arange(count, device=starts.device) * _SPACING
    shares = (steps / lengths.clamp(min=1e-6)).clamp(max=1.0)
    return (starts[..., None, :] + shares[..., None] * (ends - starts)[..., None, :]).flatten(1, 2)


def _marked(centres: Tensor, size: tuple[int, int], margin: int) -> Tensor:
    """(N, 1, H + 2 margin, W + 2 margin): 1 at the pixels nearest to the centres (N, M, 2), 0 elsewhere."""
    height, width = (side + 2 * margin for side in size)
    x, y = (centres.round() + margin).unbind(-1)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)  # false for NaN
    flat = torch.where(inside, y * width + x, 0.0).long()
    canvas = torch.zeros(len(centres), height * width, device=centres.device)
    return canvas.scatter_reduce(1, flat, inside.float(), "amax").view(-1, 1, height, width)


def _disc(radius: int, device: torch.device) -> Tensor:
    steps = torch.arange(-radius, radius + 1, device=device)
    return (steps[:, None].square() + steps.square() <= radius**2).float()
