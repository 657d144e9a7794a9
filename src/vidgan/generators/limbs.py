"""From the limbs of one picture to the limbs of another: features along them, and their pixels."""

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.limb_transport import LIMBS

_SAMPLES = 8  # along a limb
_BEYOND = 0.5  # lengths of a limb that its pixels reach beyond its ends: hands, feet, hair
_RIGHT_SHOULDER, _LEFT_SHOULDER = 2, 5


def features_along(maps: Tensor, points: Tensor, height: int, width: int) -> Tensor:
    """What each limb looks like: the mean of a map at points on its axis, zero where the limb is missing.

    Args:
        maps: (N, C, h, w), of any size.
        points: (N, K, 2) as (x, y) in pixels of the picture of ``height`` x ``width`` that the maps belong to.

    Returns:
        (N, limbs, C).
    """
    start, stop = _ends(points)
    share = (torch.arange(_SAMPLES, device=points.device) + 0.5)[:, None] / _SAMPLES
    places = start[:, :, None] + share * (stop - start)[:, :, None]
    found = _sampled(maps, places.nan_to_num(), height, width)  # (N, C, limbs, samples)
    return found.mean(-1).transpose(1, 2) * _present(start, stop)[..., None]


def pixels_of_limbs(source: Tensor, source_points: Tensor, target_points: Tensor) -> Tensor:
    """The source's pixels, moved with each limb as a rigid bar that may grow and shrink along its axis.

    Of parts and their affine motions, as in Balakrishnan et al. 2018, "Synthesizing images of humans in unseen poses".
    What is across a limb is mirrored where one picture shows the person from the front and the other from behind.

    Args:
        source: (B, 3, H, W).
        source_points: (B, K, 2) as (x, y) in pixels, missing ones NaN.
        target_points: (B, T, K, 2).

    Returns:
        (B, T, limbs, 3, H, W); without meaning away from a limb, and where a limb is missing.
    """
    (height, width), frames = source.shape[-2:], target_points.shape[1]
    along, across = _limb_coordinates(target_points.flatten(0, 1), height, width)
    along, across = (part.unflatten(0, (-1, frames)) for part in (along, across))  # (B, T, limbs, H, W)
    across = across * (_facing(target_points) * _facing(source_points)[:, None])[..., None, None, None]
    start, stop = (end[:, None, :, None, None].nan_to_num() for end in _ends(source_points))
    axis = stop - start
    normal = torch.stack([-axis[..., 1], axis[..., 0]], dim=-1) / axis.norm(dim=-1, keepdim=True).clamp(min=1e-3)
    places = start + along[..., None] * axis + across[..., None] * normal
    moved = _sampled(source, places.flatten(1, 3), height, width)  # (B, 3, T * limbs * H, W)
    return moved.unflatten(2, (frames, len(LIMBS), height)).permute(0, 2, 3, 1, 4, 5)


def _ends(points: Tensor) -> tuple[Tensor, Tensor]:
    """(..., limbs, 2) each."""
    start, stop = torch.tensor(LIMBS, device=points.device).unbind(1)
    return points[..., start, :], points[..., stop, :]


def _present(start: Tensor, stop: Tensor) -> Tensor:
    return (start + stop).isfinite().all(-1)


def _facing(points: Tensor) -> Tensor:
    """1 for persons seen from the front, -1 for those seen from behind; 1 where a shoulder is missing."""
    across = points[..., _LEFT_SHOULDER, 0] - points[..., _RIGHT_SHOULDER, 0]
    return torch.where(across < 0, -1.0, 1.0)


def _limb_coordinates(points: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Each pixel's place along each limb, in its lengths, and its distance from the axis, in pixels with a sign."""
    start, stop = (end.nan_to_num()[..., None, None, :] for end in _ends(points))
    (dx, dy), (x0, y0) = (stop - start).unbind(-1), start.unbind(-1)
    y = torch.arange(height, device=points.device, dtype=points.dtype)[:, None]
    x = torch.arange(width, device=points.device, dtype=points.dtype)
    squared = (dx**2 + dy**2).clamp(min=1.0)
    along = ((x - x0) * dx + (y - y0) * dy) / squared
    across = ((y - y0) * dx - (x - x0) * dy) / squared.sqrt()
    return along.clamp(-_BEYOND, 1 + _BEYOND), across


def _sampled(maps: Tensor, places: Tensor, height: int, width: int) -> Tensor:
    """Maps (N, C, h, w) of a picture of ``height`` x ``width`` at places (N, a, b, 2) in its pixels: (N, C, a, b).

    In the precision of the places: bfloat16 has 8 significant bits, which is less than a pixel's index needs.
    """
    size = torch.tensor([width, height], device=places.device, dtype=places.dtype)
    grid = (2 * places + 1) / size - 1
    return F.grid_sample(maps.to(grid.dtype), grid, padding_mode="border", align_corners=False).to(maps.dtype)
