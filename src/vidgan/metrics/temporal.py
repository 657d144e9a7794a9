"""Steadiness in time: what a frame-by-frame score cannot see."""

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Mean, PiecewiseMetric
from vidgan.ops.warp import warp

_Flow = NDArray[np.float32]

# Pyramid scale, levels, window, iterations, neighbourhood, its sigma, flags: as TecoGAN's evaluation sets them.
_FARNEBACK = (0.5, 3, 15, 3, 5, 1.2, 0)

_SMALLEST = 16  # pixels a side: of smaller frames OpenCV's DIS flow reads what is not there, which ends the process


def _pairs(frames: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    if len(frames) < 2:
        raise UserError(
            "metrics over time need clips of at least 2 frames and this one has 1; "
            "score single pictures by the protocol image_rgb"
        )
    return pairwise(frames)


def _gray(frame: Tensor) -> NDArray[np.uint8]:
    """(3, H, W) in [0, 1] to (H, W), 8 bits."""
    rgb = (frame.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


class TemporalError(PiecewiseMetric):
    """How far the change from frame to frame is from the real change: mean |(f_t - f_t-1) - (r_t - r_t-1)|.

    In 8-bit levels. Zero for any error that stands still; flicker and boiling texture raise it. Cheap: no flow.
    """

    higher_is_better = False
    before = 1

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        changes = zip(_pairs(fake), _pairs(real), strict=True)
        errors = [((b - a) - (d - c)).abs().double().mean() for (a, b), (c, d) in changes]
        return Mean.of([255 * float(error) for error in errors])


class TOF(PiecewiseMetric):
    """tOF of TecoGAN (Chu et al. 2020, section 5): mean length of the difference of fake and real optical flow.

    In pixels. Flow between neighbouring 8-bit gray frames by Farneback with the published settings.
    """

    higher_is_better = False
    before = 1

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        flows = zip(self._flows(fake), self._flows(real), strict=True)
        errors = [np.linalg.norm(a.astype(np.float64) - b, axis=2).mean() for a, b in flows]
        return Mean.of([float(error) for error in errors])

    @staticmethod
    def _flows(frames: Tensor) -> Iterator[_Flow]:
        for previous, current in _pairs(frames):
            flow = np.empty((*frames.shape[-2:], 2), np.float32)
            cv2.calcOpticalFlowFarneback(_gray(previous), _gray(current), flow, *_FARNEBACK)
            yield flow


def visible(forward: Tensor, backward: Tensor) -> Tensor:
    """Where the flows there and back cancel (Sundaram et al. 2010, eq. 5); elsewhere the motion hides the pixel.

    Args:
        forward: (N, 2, H, W) flow in pixels from the earlier frame to the later.
        backward: the same from the later frame to the earlier.

    Returns:
        (N, H, W) bool, for the pixels of the later frame.
    """
    returned = warp(forward, backward, padding="border")
    lengths = backward.square().sum(1) + returned.square().sum(1)
    return (backward + returned).square().sum(1) <= 0.01 * lengths + 0.5


class WarpingError(PiecewiseMetric):
    """Mean squared difference of each frame and the one before it, moved along (Lai et al. 2018, section 4.3).

    Of values in [0, 1], over the pixels that the real clip's motion does not hide; the motion is that of the real clip,
    by DIS flow.
    """

    higher_is_better = False
    before = 1

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        """
        Raises:
            UserError: there is one frame only, or it is too small for the flow.
        """
        if min(real.shape[-2:]) < _SMALLEST:
            raise UserError(f"the warping error needs frames of at least {_SMALLEST} pixels a side; see the protocol")
        errors = []
        for (previous, current), (before, now) in zip(_pairs(fake), _pairs(real), strict=True):
            forward, backward = self._flow(before, now), self._flow(now, before)
            moved = warp(previous[None], backward, padding="border")
            error = (moved - current[None]).double().square().mean(dim=1)
            errors.append(error[visible(forward, backward)].mean())
        return Mean.of([float(error) for error in errors])

    def _flow(self, here: Tensor, there: Tensor) -> Tensor:
        # One that has seen frames of less than about 60 pixels keeps their small windows for all others.
        dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        flow = dis.calc(_gray(here), _gray(there), None)  # type: ignore[call-overload]  # None is missing in cv2's types
        return torch.from_numpy(flow).permute(2, 0, 1)[None].to(here.device)
