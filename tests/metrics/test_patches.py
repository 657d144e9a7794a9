"""Patches, speeds and differences by hand."""

import math

import pytest
import torch
from torch.nn import functional as F

from tests.media import panning
from vidgan.errors import UserError
from vidgan.metrics.patches import (
    CyclePSNR,
    PatchCoverage,
    PatchDistribution,
    PatchRealism,
    SpeedDistance,
    VariantDiversity,
    nearest_patches,
)

VIDEO = panning(6, 2, 40, 48)


def test_a_part_is_real_and_not_all() -> None:
    part = VIDEO[:, :, :20, :24]
    assert PatchRealism()(part, VIDEO) > 60  # as exact as products of float32
    assert PatchCoverage()(VIDEO, VIDEO) > 60
    assert PatchCoverage()(part, VIDEO) < 30


def test_the_nearest_patch_by_brute_force() -> None:
    generator = torch.Generator().manual_seed(0)
    queries, keys = torch.rand(3, 3, 7, 8, generator=generator), torch.rand(4, 3, 8, 9, generator=generator)
    expected = []
    for column in range(2):
        patch = queries[:, :, :, column : column + 7]
        expected.append(
            min(
                float((keys[t : t + 3, :, y : y + 7, x : x + 7] - patch).square().mean())
                for t in range(2)
                for y in range(2)
                for x in range(3)
            )
        )
    torch.testing.assert_close(
        nearest_patches(queries, keys), torch.tensor(expected, dtype=torch.float64), rtol=1e-5, atol=0
    )


def test_decibels_by_hand() -> None:
    gray, lighter = torch.full((3, 3, 8, 8), 0.5), torch.full((3, 3, 8, 8), 0.6)
    assert math.isclose(PatchRealism()(lighter, gray), 20, abs_tol=1e-3)  # 10 log10(1 / .1^2)
    assert math.isclose(PatchCoverage()(lighter, gray), 20, abs_tol=1e-3)
    assert math.isclose(CyclePSNR()(lighter, gray), 20, abs_tol=1e-4)
    assert PatchRealism()(gray, gray) == 100


def test_a_distribution_is_of_what_there_is_not_of_where() -> None:
    assert PatchDistribution()(VIDEO, VIDEO) == 0
    mirrored_with_its_motion = PatchDistribution()(VIDEO.flip(0).flip(3), VIDEO)
    blurred = PatchDistribution()(F.avg_pool2d(VIDEO, 3, 1, 1, count_include_pad=False), VIDEO)
    assert mirrored_with_its_motion > 0
    assert blurred > 1


def test_a_distribution_by_hand() -> None:
    """Twice the contrast: each quantile of each direction lies twice as far from the mean, E|x| of a normal one."""
    noise = 0.5 + 0.1 * torch.randn(8, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert math.isclose(PatchDistribution()(2 * noise - 0.5, noise), 100 * math.sqrt(2 / math.pi), rel_tol=0.02)


def test_twice_as_fast_is_two_pixels_off() -> None:
    slow, fast = panning(4, 2, 96, 96), panning(4, 4, 96, 96)
    assert SpeedDistance()(slow, slow) == 0
    assert 1.5 < SpeedDistance()(fast, slow) < 2.5


def test_diversity_is_in_deviations_of_the_video() -> None:
    video = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).repeat(3, 1, 8, 8)
    fake = torch.zeros(3, 3, 8, 8)
    assert math.isclose(VariantDiversity()(fake, fake + 0.25, video), 0.25 / float(video.std()), rel_tol=1e-6)
    assert VariantDiversity()(fake, fake, video) == 0


def test_what_is_smaller_than_a_patch_is_refused() -> None:
    with pytest.raises(UserError, match="patches are of 3 frames of 7x7 pixels, and a clip has 2 frames of 48x40"):
        PatchRealism()(VIDEO[:2], VIDEO)
    with pytest.raises(UserError, match="at least 2 frames"):
        SpeedDistance()(VIDEO[:1], VIDEO)
