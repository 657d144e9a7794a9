"""Tracks by formula: bodies that stay bodies, and a detector whose errors are where it says."""

import numpy as np
import torch
from omegaconf import OmegaConf

from vidgan.config.paths import CONF
from vidgan.data.tracks.detector import STRATA, SimulatedDetector
from vidgan.data.tracks.motion import HEIGHT, moving
from vidgan.data.tracks.synthetic import SyntheticTracks
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import body_size

#: Relative: rounded to float32 once, by at most 6e-8.
ROUNDED = 1e-7

CLEAN, OUTLIER, OCCLUDED, SWAPPED = range(4)


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def still(frames: int = 400) -> np.ndarray:
    """A person that stands, (T, 18, 2), left and right 40 px apart."""
    points = drawn(0).uniform(0, 200, (18, 2))
    for right, left in ((2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13), (14, 15), (16, 17)):
        points[left] = points[right] + (40, 0)
    return np.repeat(points[None], frames, 0)


def test_a_motion_is_smooth_and_no_limb_is_longer_than_a_body() -> None:
    for seed in range(20):
        points = moving(drawn(seed), 120)
        assert points.shape == (120, 18, 2)
        ends = np.array(OPENPOSE_18.limb_indices)
        assert np.linalg.norm(points[:, ends[:, 0]] - points[:, ends[:, 1]], axis=-1).max() < 0.35 * HEIGHT
        assert np.abs(np.diff(points, axis=0)).max() < 40, "a limb moves less than a fifth of a body in a frame"
    np.testing.assert_array_equal(moving(drawn(3), 50), moving(drawn(3), 50))


def test_the_trained_smoother_is_told_the_size_of_these_bodies() -> None:
    told = OmegaConf.load(CONF / "smoother" / "gan.yaml").size
    sizes = [body_size(moving(drawn(seed), 60)[:, None].astype(np.float32)) for seed in range(40)]
    # Sizes spread by 13 of 186 pixels: a median of 40 has a standard error of 1.4 percent.
    assert abs(np.median(sizes) - told) < 0.02 * told


def test_a_perfect_detector_finds_the_truth() -> None:
    perfect = SimulatedDetector(noise=0, drift=0, outliers=0, swaps=0, hidings=0, swap_frames=(0, 0))
    clean = moving(drawn(0), 60)
    found, strata = perfect(clean, 30, drawn(1))
    np.testing.assert_allclose(found[..., :2], clean, rtol=ROUNDED)
    assert not strata.any()


def test_noise_and_drift_have_their_deviation() -> None:
    detector = SimulatedDetector(noise=1.5, drift=2.0, outliers=0, swaps=0, hidings=0, swap_frames=(0, 0))
    clean = still(4000)
    error = detector(clean, 30, drawn(1))[0][..., :2] - clean
    # Four standard errors each: the drift remembers, so that of its 144,000 values some 15,000 are new ones.
    np.testing.assert_allclose(error.std(), 2.5, rtol=0.018)
    shared = (error[1:] * error[:-1]).mean()
    np.testing.assert_allclose(shared, 0.9 * 2.0**2, rtol=0.06)


def test_swaps_exchange_left_and_right_of_arms_legs_or_all() -> None:
    detector = SimulatedDetector(noise=0, drift=0, outliers=0, swaps=2, hidings=0)
    clean = still()
    found, strata = detector(clean, 30, drawn(1))
    swapped = strata == SWAPPED
    np.testing.assert_allclose(found[swapped][:, :2], clean[:, OPENPOSE_18.swap][swapped], rtol=ROUNDED)
    np.testing.assert_allclose(found[~swapped][:, :2], clean[~swapped], rtol=ROUNDED)
    assert 0 < swapped.mean() < 0.5
    assert not swapped[:, [0, 1]].any(), "nose and neck have no side"


def test_hidden_points_stay_where_they_were_and_are_unsure() -> None:
    detector = SimulatedDetector(noise=0, drift=0, outliers=0, swaps=0, hidings=1, swap_frames=(0, 0))
    clean = moving(drawn(0), 300)
    found, strata = detector(clean, 30, drawn(1))
    for frame, joint in np.argwhere(strata == OCCLUDED):
        if frame and strata[frame - 1, joint] == OCCLUDED:
            np.testing.assert_array_equal(found[frame, joint, :2], found[frame - 1, joint, :2])
    assert found[strata == OCCLUDED][:, 2].max() <= 0.5
    assert found[strata == CLEAN][:, 2].mean() > 0.8


def test_outliers_have_their_share_and_size() -> None:
    detector = SimulatedDetector(noise=0, drift=0, outliers=0.1, swaps=0, hidings=0, swap_frames=(0, 0))
    clean = still(2000)
    found, strata = detector(clean, 30, drawn(1))
    # Of 36,000 points a share of a tenth has a standard error of 0.0016, of 7,200 places a deviation 0.8 percent.
    assert abs((strata == OUTLIER).mean() - 0.1) < 0.005
    np.testing.assert_allclose((found[..., :2] - clean)[strata == OUTLIER].std(), 30, rtol=0.03)


def test_splits_are_of_different_motions_and_hold_every_stratum() -> None:
    data = SyntheticTracks(batch_size=2, frames=16, eval_clips=24)
    first = [data.training[0], data.evaluated("val")[0], data.evaluated("test")[0]]
    assert len({clip.keypoints[0, 0, 4, 0].item() for clip in first}) == 3
    assert first[0].frames.shape == (1, 16, 0, 1, 1)
    assert first[0].conditions["detected"].shape == (1, 16, 18, 3)
    for split in ("val", "test"):
        clips = data.evaluated(split)
        for number in range(len(clips)):
            counts = torch.bincount(clips[number].conditions["strata"].flatten(), minlength=len(STRATA))
            assert counts.min() > 0
    assert torch.equal(data.training[5].conditions["detected"], data.training[5].conditions["detected"])
