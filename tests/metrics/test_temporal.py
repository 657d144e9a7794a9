"""Metrics over time: hand values and invariants."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Metric
from vidgan.metrics.temporal import TOF, TemporalError, WarpingError, visible


@pytest.mark.parametrize("metric", [TemporalError(), TOF()])
def test_the_real_clip_scores_zero(metric: Metric, real: Tensor) -> None:
    assert metric(real, real) == 0


@pytest.mark.parametrize("metric", [TemporalError(), TOF(), WarpingError()])
def test_one_frame_is_refused(metric: Metric, real: Tensor) -> None:
    with pytest.raises(UserError, match="at least 2 frames"):
        metric(real[:1], real[:1])


def test_temporal_error_ignores_what_stands_still_and_counts_flicker_in_levels(real: Tensor) -> None:
    standing = 0.1 * torch.rand(real.shape[1:], generator=torch.Generator().manual_seed(2))
    # Float32 rounds a sum of up to 1.1 by up to 6e-8, which is 1.5e-5 of a level, and in the mean less.
    assert TemporalError()(real + standing, real) == pytest.approx(0, abs=1e-5)
    flicker = torch.tensor([0, 2, 0, 2]).view(4, 1, 1, 1) / 255
    assert TemporalError()(real + flicker, real) == pytest.approx(2, abs=1e-5)


def test_tof_is_the_mean_endpoint_distance_of_farneback_flows(real: Tensor, fake: Tensor) -> None:
    gray = [
        [cv2.cvtColor((f * 255).round().byte().permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY) for f in clip]
        for clip in (fake, real)
    ]
    flows = [[cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0) for a, b in pairwise(c)] for c in gray]
    expected = np.sqrt(((np.array(flows[0]) - np.array(flows[1])) ** 2).sum(-1)).mean()
    assert TOF()(fake, real) == pytest.approx(expected, rel=1e-6)  # a mean of 5,760 float32 lengths


def test_tof_of_a_clip_that_stands_still_is_the_length_of_the_real_motion(real: Tensor) -> None:
    """The texture moves one pixel a frame; Farneback finds a little less near the borders."""
    assert TOF()(real[:1].expand_as(real), real) == pytest.approx(1, abs=0.02)


def test_warping_error_follows_the_motion(real: Tensor) -> None:
    """Along the motion the real clip does not change; a clip that stands still is wrong by what moved."""
    unmoved = (real[1:] - real[:-1]).square().mean().item()
    assert WarpingError()(real, real) < unmoved / 20
    assert WarpingError()(real[:1].expand_as(real), real) == pytest.approx(unmoved, rel=0.05)


def test_frames_that_are_too_small_for_the_flow_are_refused(real: Tensor) -> None:
    with pytest.raises(UserError, match="at least 16 pixels a side"):
        WarpingError()(real[..., :15, :], real[..., :15, :])
    assert WarpingError()(real[..., :16, :], real[..., :16, :]) >= 0


def test_warping_error_does_not_depend_on_what_was_scored_before(real: Tensor, fake: Tensor) -> None:
    """OpenCV's flow keeps what it has set for a small clip; so the second score of one differed, too."""
    small = real[..., :37, :41], fake[..., :37, :41]
    metric, alone = WarpingError(), [WarpingError()(real, fake), WarpingError()(*small)]
    assert [metric(*small), metric(real, fake), metric(*small)] == [alone[1], alone[0], alone[1]]


def test_warping_error_of_flicker_is_its_square(real: Tensor) -> None:
    flicker = torch.tensor([0, 0.1, 0, 0.1]).view(4, 1, 1, 1)
    flat = torch.full_like(real, 0.5)
    # Float32 rounds 0.6 by 3e-8, which is 3e-7 of what it differs by, and twice that of the square.
    assert WarpingError()(flat + flicker, real) == pytest.approx(0.01, rel=2e-6)
    assert WarpingError()(flat, real) == pytest.approx(0, abs=1e-14)  # the square of weights that sum to 1 within 1e-7


def test_a_pixel_is_visible_where_the_flows_there_and_back_cancel() -> None:
    """Everything moves 4 pixels to the right; the flow back agrees but in three columns, where it is zero."""
    forward = torch.zeros(1, 2, 8, 32)
    forward[:, 0] = 4
    backward = -forward
    backward[..., 10:13] = 0
    seen = visible(forward, backward)
    assert seen[..., :10].all()
    assert not seen[..., 10:13].any()
    assert seen[..., 13:].all()
