"""Is it made of the patches of a video, and of all of them? Similarity in both directions (Simakov et al. 2008), and
what else can be said of a video that has no truth.
"""

import math

import numpy as np
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.metrics.base import Metric
from vidgan.ops.optical_flow import dis_flow
from vidgan.randomness import normal

_PATCH = (3, 7, 7)  # frames, height, width: those of VGPNN
_ASKED = 256  # patches, evenly spread, whose nearest ones are looked for
_DIRECTIONS, _QUANTILES = 64, 256
_AT_ONCE = 1 << 14  # patches that are compared with those at once


def nearest_patches(queries: Tensor, keys: Tensor) -> Tensor:
    """(Q,) mean squared distance of patches of 3 x 7 x 7 to the nearest of all of another video.

    Args:
        queries: (T, 3, H, W) in [0, 1], of which 256 patches are asked for, or as many as there are.
        keys: (N, 3, h, w) likewise.

    Raises:
        UserError: one of them is smaller than a patch.
    """
    asked, there = _patches(queries), _patches(keys)
    total = math.prod(asked.shape[:3])
    numbers = torch.linspace(0, total - 1, min(total, _ASKED), dtype=torch.float64).long()
    wanted = _at(asked, numbers)
    lengths = wanted.square().sum(1)
    best = torch.full((len(wanted),), torch.inf, dtype=torch.float64)
    for some in torch.arange(math.prod(there.shape[:3])).split(_AT_ONCE):
        known = _at(there, some)
        squared = lengths[:, None] + known.square().sum(1) - 2 * wanted @ known.T
        best = torch.minimum(best, squared.amin(1).double())
    return best.clamp(min=0) / wanted.shape[1]


def _patches(frames: Tensor) -> Tensor:
    """All patches of (T, 3, H, W) as a view (t, h, w, 3, *patch)."""
    if len(frames) < _PATCH[0] or min(frames.shape[-2:]) < _PATCH[1]:
        size = f"{len(frames)} frames of {frames.shape[-1]}x{frames.shape[-2]} pixels"
        raise UserError(f"patches are of 3 frames of 7x7 pixels, and a clip has {size}; choose larger ones")
    volume = frames.transpose(0, 1).float()
    views = volume.unfold(1, _PATCH[0], 1).unfold(2, _PATCH[1], 1).unfold(3, _PATCH[2], 1)
    return views.permute(1, 2, 3, 0, 4, 5, 6)


def _at(views: Tensor, numbers: Tensor) -> Tensor:
    _, rows, columns = views.shape[:3]
    time, inside = numbers // (rows * columns), numbers % (rows * columns)
    return views[time, inside // columns, inside % columns].flatten(1)


class PatchRealism(Metric):
    """How well what is made consists of the video's patches: 10 log10(1 / mean distance to the nearest one), in dB.

    "Coherence" of Simakov et al. 2008. Patches are 3 frames of 7 x 7 pixels. ``video`` is (N, 3, h, w) of any size.
    """

    higher_is_better = True

    def __call__(self, fake: Tensor, video: Tensor) -> float:
        return _decibels(nearest_patches(fake, video))


class PatchCoverage(Metric):
    """How much of the video is in what is made: the same for the video's patches ("completeness"), in dB."""

    higher_is_better = True

    def __call__(self, fake: Tensor, video: Tensor) -> float:
        return _decibels(nearest_patches(video, fake))


def _decibels(distances: Tensor) -> float:
    return -10 * math.log10(max(float(distances.mean()), 1e-10))


class PatchDistribution(Metric):
    """How unlike the patches of what is made are distributed to those of the video, in hundredths.

    The sliced Wasserstein distance (Rabin et al. 2011), as of patches in GPDM (Elnekave and Weiss 2022): the first
    Wasserstein distance of patches of 3 frames of 7 x 7 pixels along 64 fixed random directions, in deviations of the
    video's along each, on average. A nearest patch forgives blur; a distribution does not.
    """

    higher_is_better = False

    def __call__(self, fake: Tensor, video: Tensor) -> float:
        for frames in (fake, video):
            _patches(frames)  # which refuses what is smaller
        values = 3 * math.prod(_PATCH)
        directions = normal(torch.zeros(1, dtype=torch.int64), "directions", _DIRECTIONS, values)[0]
        filters = directions.sub(directions.mean(1, keepdim=True)).reshape(-1, 3, *_PATCH)
        made, known = (
            F.conv3d(frames.transpose(0, 1)[None].float(), filters)[0].flatten(1) for frames in (fake, video)
        )
        quantiles = (torch.arange(_QUANTILES) + 0.5) / _QUANTILES
        distance = (made.quantile(quantiles, dim=1) - known.quantile(quantiles, dim=1)).abs().mean(0)
        return 100 * float((distance / known.std(dim=1)).mean())


class SpeedDistance(Metric):
    """How far the speeds in what is made are from those in the video, in pixels a frame.

    The first Wasserstein distance between the lengths of optical flow (DIS) of all pixels: what is stretched moves
    faster, what is blended or torn otherwise.
    """

    higher_is_better = False

    def __call__(self, fake: Tensor, video: Tensor) -> float:
        """
        Raises:
            UserError: a clip has one frame only.
        """
        return float(wasserstein_distance(_speeds(fake), _speeds(video)))


def _speeds(frames: Tensor) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    if len(frames) < 2:
        raise UserError("speeds need clips of at least 2 frames; choose longer ones")
    return np.asarray(dis_flow(frames[:-1], frames[1:]).norm(dim=1).flatten().cpu().numpy())


class CyclePSNR(Metric):
    """PSNR in dB of what is made back of what was made, ``cycle``, and of what that was made of, ``source``."""

    higher_is_better = True

    def __call__(self, cycle: Tensor, source: Tensor) -> float:
        error = float((cycle.clamp(0, 1).double() - source).square().mean())
        return -10 * math.log10(max(error, 1e-10))


class VariantDiversity(Metric):
    """How different two are that are made of the same video: their mean absolute difference over its deviation.

    After SinGAN (Shaham et al. 2019, section 4), with two samples in place of a hundred: 0 is twice the same.
    """

    higher_is_better = True

    def __call__(self, fake: Tensor, variant: Tensor, video: Tensor) -> float:
        return float((fake - variant.clamp(0, 1)).abs().mean() / video.std())
