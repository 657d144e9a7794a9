"""PatchMatch in space and time (Barnes et al. 2009): for each patch of one video the nearest one of another, about.

All patches look at once, where the published algorithm goes through them in a row: good matches spread by jumps of 4, 2
and 1 to all sides. Patches are compared by their principal components, which a convolution finds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.randomness import mix, uniform

Extent = tuple[int, int, int]

_COMPONENTS = 32
_LOOKED_AT = 4096  # patches, whose principal components are those of all
_JUMPS = (4, 2, 1)


@dataclass(frozen=True)
class Patches:
    """All patches of a video that lie within it.

    Attributes:
        shape: how many along time, height and width.
        features: (their product, F).
    """

    shape: Extent
    features: Tensor


@dataclass(frozen=True)
class Matches:
    """Which patch is nearest to each.

    Attributes:
        places: (3, N) time, row and column among those that were looked at.
        distances: (N,) mean squared differences of values.
    """

    places: Tensor
    distances: Tensor


def principal_patches(frames: Tensor, patch: Extent) -> Tensor:
    """The principal components of the patches of a video (T, 3, H, W), as (F, 3, *patch)."""
    volume = frames.transpose(0, 1)
    views = volume.unfold(1, patch[0], 1).unfold(2, patch[1], 1).unfold(3, patch[2], 1)
    times, rows, columns = (torch.arange(side, device=frames.device) for side in views.shape[1:4])
    total = len(times) * len(rows) * len(columns)
    chosen = torch.linspace(0, total - 1, min(total, _LOOKED_AT), dtype=torch.float64).long().to(frames.device)
    time, inside = chosen // (len(rows) * len(columns)), chosen % (len(rows) * len(columns))
    samples = views[:, time, inside // len(columns), inside % len(columns)].transpose(0, 1).flatten(1).double()
    samples = samples - samples.mean(0)
    _, vectors = torch.linalg.eigh(samples.T @ samples)
    return vectors[:, -_COMPONENTS:].T.reshape(-1, 3, *patch).to(frames.dtype)


def patches_of(frames: Tensor, components: Tensor) -> Patches:
    """Those of (T, 3, H, W), as large as the components."""
    found = F.conv3d(frames.transpose(0, 1)[None], components)[0]
    values = components[0].numel()
    return Patches((found.shape[1], found.shape[2], found.shape[3]), found.flatten(1).T.contiguous() / values**0.5)


def proportional(queries: Extent, keys: Extent, device: torch.device) -> Tensor:
    """(3, N): to begin with, each patch is taken to lie where it would in a stretched video."""
    axes = [
        (torch.arange(count, device=device) * (max(there - 1, 0) / max(count - 1, 1))).round().long()
        for count, there in zip(queries, keys, strict=True)
    ]
    return torch.stack(torch.meshgrid(*axes, indexing="ij")).flatten(1)


def matched(
    queries: Patches, keys: Patches, start: Tensor, sweeps: int, seed: int, weights: Tensor | None = None
) -> Matches:
    """
    Args:
        queries: whose nearest ones are looked for.
        keys: among these.
        start: (3, N) the first guess, see :func:`proportional`.
        sweeps: how often matches spread, and are looked for at random.
        seed: what is drawn follows from it.
        weights: (patches of keys,) that distances are multiplied by; None for none.
    """
    sides = torch.tensor(keys.shape, device=start.device)[:, None]
    best = start.clamp(min=0).minimum(sides - 1)
    distances = _distances(queries, keys, best, weights)
    for sweep in range(sweeps):
        for candidates in _candidates(queries.shape, keys.shape, mix(seed, sweep)):
            places = candidates(best).clamp(min=0).minimum(sides - 1)
            found = _distances(queries, keys, places, weights)
            nearer = found < distances
            best, distances = torch.where(nearer, places, best), torch.where(nearer, found, distances)
    return Matches(best, distances)


def _candidates(shape: Extent, keys: Extent, seed: int) -> Iterator[Callable[[Tensor], Tensor]]:
    """What makes of places (3, N) others that may be nearer: those of patches beside, and random ones around."""
    for jump in _JUMPS:
        for axis in range(3):
            for step in (jump, -jump) if jump < shape[axis] else ():
                yield partial(_beside, shape=shape, axis=axis, step=step)
    radius, number = max(keys), 0
    while radius >= 1:
        yield partial(_around, radius=radius, seed=mix(seed, number))
        radius, number = radius // 2, number + 1


def _beside(best: Tensor, shape: Extent, axis: int, step: int) -> Tensor:
    """Where a patch would lie if it lay to its neighbor's match as it does to the neighbor."""
    moved = best.unflatten(1, shape).roll(step, axis + 1).flatten(1).clone()
    moved[axis] += step
    return moved


def _around(best: Tensor, radius: int, seed: int) -> Tensor:
    """A place drawn evenly from those that are no further away on any axis."""
    draws = uniform(torch.tensor([seed], device=best.device), "search", *best.shape)[0]
    return best + ((2 * draws - 1) * radius).round().long()


def _distances(queries: Patches, keys: Patches, places: Tensor, weights: Tensor | None) -> Tensor:
    numbers = (places[0] * keys.shape[1] + places[1]) * keys.shape[2] + places[2]
    squared = (queries.features - keys.features[numbers]).square().sum(1)
    return squared if weights is None else squared * weights[numbers]
