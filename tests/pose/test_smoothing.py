"""Filters over time, by what they must keep and what they must remove."""

from fractions import Fraction

import numpy as np
import pytest

from tests.rounding import FLOAT32
from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17
from vidgan.pose.smoothing import (
    MedianGaussian,
    OneEuro,
    SavitzkyGolay,
    Smoother,
    Unsmoothed,
    body_size,
    fill_gaps,
    unswapped,
)

SMOOTHERS = [MedianGaussian(), SavitzkyGolay(), OneEuro()]
ALL = pytest.mark.parametrize("smoother", SMOOTHERS, ids=lambda smoother: type(smoother).__name__)


def still(frames: int = 40, noise: float = 0.0) -> KeypointSequence:
    """A standing person 100 px tall, of random noise in pixels."""
    draw = np.random.default_rng(0)
    points = np.ones((frames, 1, 17, 3), np.float32)
    points[..., :2] = draw.uniform(0, 100, (17, 2)) + noise * draw.standard_normal((frames, 1, 17, 2))
    return KeypointSequence(points, COCO_17, (200, 200), Fraction(30))


@ALL
def test_rest_stays_and_noise_shrinks(smoother: Smoother) -> None:
    clean, noisy = still(), still(noise=2.0)
    np.testing.assert_allclose(smoother(clean).points, clean.points, rtol=FLOAT32)
    left = (smoother(noisy).points - clean.points)[10:, ..., :2].std()
    assert left < 0.75 * 2.0


@ALL
def test_missing_stays_missing_and_does_not_spread(smoother: Smoother) -> None:
    clean = still()
    holes = clean.points.copy()
    holes[5:9, 0, 3] = holes[:, 0, 4] = np.nan
    smooth = smoother(clean.with_points(holes)).points
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(holes))
    np.testing.assert_allclose(smooth[~np.isnan(holes)], clean.points[~np.isnan(holes)], rtol=FLOAT32)


@ALL
@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_short_and_empty_clips(smoother: Smoother, frames: int) -> None:
    clean = still().with_points(still().points[:frames])
    np.testing.assert_allclose(smoother(clean).points, clean.points, rtol=FLOAT32)
    nobody = clean.with_points(np.full_like(clean.points, np.nan))
    assert np.isnan(smoother(nobody).points).all()
    assert smoother(nobody.with_points(nobody.points[:, :0])).points.shape == (frames, 0, 17, 3)


def test_median_removes_an_outlier() -> None:
    points = still().points.copy()
    points[20, 0, 7, 0] += 50
    smooth = MedianGaussian()(still().with_points(points))
    np.testing.assert_allclose(smooth.points, still().points, rtol=FLOAT32)


def test_savitzky_golay_keeps_a_cubic() -> None:
    time = np.linspace(-1, 1, 40, dtype=np.float32)
    points = still().points.copy()
    points[:, 0, 0, 0] = 30 * time**3 - 10 * time**2 + 50
    sequence = still().with_points(points)
    np.testing.assert_allclose(SavitzkyGolay()(sequence).points, points, rtol=FLOAT32)


def test_one_euro_by_hand_and_for_any_resolution() -> None:
    tracks = np.array([[0.0], [10.0], [10.0]])
    made = OneEuro(min_cutoff=1.0, beta=2.0, derivative_cutoff=1.0).filter(tracks, fps=10.0, size=100.0)
    share = 2 * np.pi / 10 / (2 * np.pi / 10 + 1)
    rate = 2 * np.pi * (1.0 + 2.0 * share * 1.0) / 10  # 10 px in a tenth of a second: one body a second
    assert made[1, 0] == pytest.approx(10 * rate / (rate + 1))
    noisy = still(noise=3.0)
    larger = noisy.points * np.array([4, 4, 1], np.float32)
    smooth = OneEuro()(noisy).points * np.array([4, 4, 1], np.float32)
    np.testing.assert_allclose(OneEuro()(noisy.with_points(larger)).points, smooth, rtol=FLOAT32)


def test_fill_gaps_bridges_short_ones_alone() -> None:
    points = still().points.copy()
    points[:, 0, 0, 0] = np.arange(40)
    points[3:5, 0, 0] = points[10:14, 0, 0] = points[:2, 0, 0] = np.nan
    points[5:, 0, 0, 2] = 0.4
    filled = fill_gaps(still().with_points(points), longest=3).points[:, 0, 0]
    np.testing.assert_allclose(filled[3:5], [[3, points[2, 0, 0, 1], 0.8], [4, points[2, 0, 0, 1], 0.6]], rtol=FLOAT32)
    assert np.isnan(filled[10:14]).all()
    assert np.isnan(filled[:2]).all()


def test_settings_and_sizes() -> None:
    with pytest.raises(UserError, match="window=4 must be an odd"):
        MedianGaussian(window=4)
    for order in (9, -1):
        with pytest.raises(UserError, match=f"order={order} must be at least 0 and less than smoother.window=9"):
            SavitzkyGolay(window=9, order=order)
    with pytest.raises(UserError, match="sigma=0 must be more than 0"):
        MedianGaussian(sigma=0)
    for name in ("min_cutoff", "derivative_cutoff"):
        with pytest.raises(UserError, match=f"{name}=-1 must be more than 0"):
            OneEuro(**{name: -1})
    with pytest.raises(UserError, match="beta=-1 must not be negative"):
        OneEuro(beta=-1)
    corners = np.array([[[[0, 0], [30, 40], [np.nan, np.nan]]]], np.float32)
    assert body_size(corners) == 50
    assert body_size(corners[:, :, 2:]) == 1
    assert Unsmoothed()(still(noise=1)).points.tolist() == still(noise=1).points.tolist()


def walking(frames: int) -> KeypointSequence:
    """A person of COCO-17 that swings arms and legs, 6 px apart at least."""
    points = np.ones((frames, 1, 17, 3), np.float32)
    time = np.arange(frames)
    for index, name in enumerate(COCO_17.joints):
        side = {"left": -1, "right": 1}.get(name.partition("_")[0], 0)
        points[:, 0, index, 0] = 50 + side * (12 + 6 * np.sin(time / 4)) + time * 0.5
        points[:, 0, index, 1] = 5 * index + side * 3 * np.cos(time / 4)
    return KeypointSequence(points, COCO_17)


@pytest.mark.parametrize(("start", "count"), [(10, 1), (10, 3), (20, 6), (0, 3), (37, 3)])
def test_brief_swaps_of_left_and_right_are_mended(start: int, count: int) -> None:
    """Of the whole body or of the legs, where a median of five frames would keep three of them."""
    truth = walking(40)
    assert np.array_equal(unswapped(truth).points, truth.points), "what is right stays"
    for joints in (range(17), range(11, 17)):
        points = truth.points.copy()
        swapped = [COCO_17.swap[joint] for joint in joints]
        points[start : start + count][:, :, list(joints)] = truth.points[start : start + count][:, :, swapped]
        mended = unswapped(truth.with_points(points))
        np.testing.assert_array_equal(mended.points, truth.points)
        assert not np.array_equal(points, truth.points)


def test_a_person_who_turns_around_stays_as_found() -> None:
    """Left and right change sides for good, through the profile."""
    points = walking(40).points
    middle = points[..., :1].mean(2, keepdims=True)
    turn = np.cos(np.linspace(0, np.pi, 40))[:, None, None, None]
    points[..., :1] = middle + turn * (points[..., :1] - middle)
    turned = KeypointSequence(points, COCO_17)
    np.testing.assert_array_equal(unswapped(turned).points, turned.points)
    nobody = KeypointSequence(np.full((3, 1, 17, 3), np.nan), COCO_17)
    assert not unswapped(nobody).present.any()
