"""Augmentation treats frames, masks and key points as one, and is a function of its seed."""

import numpy as np
import pytest

from vidgan.data.augmentation import Augmentation

SIZE = 12


@pytest.fixture
def marked() -> dict[str, np.ndarray]:
    """Three frames with two key points each, whose pixels alone are 255 in the frames and 1 in the masks."""
    rng = np.random.default_rng(0)
    keypoints = np.stack([rng.choice(SIZE**2, 2, replace=False) for _ in range(3)])
    keypoints = np.stack([keypoints % SIZE, keypoints // SIZE], -1).astype(np.float32)
    frames = rng.integers(0, 200, (3, SIZE, SIZE, 3), dtype=np.uint8)
    masks = np.zeros((3, SIZE, SIZE), np.uint8)
    for frame, mask, points in zip(frames, masks, keypoints.astype(int), strict=True):
        frame[points[:, 1], points[:, 0]] = 255
        mask[points[:, 1], points[:, 0]] = 1
    return {"frames": frames, "masks": masks, "keypoints": keypoints}


def test_key_points_stay_on_their_pixels(marked: dict[str, np.ndarray]) -> None:
    augmentation = Augmentation(flip=True, rotate=True)
    for seed in range(32):
        made = augmentation(seed, **marked)
        for frame, mask, points in zip(made["frames"], made["masks"], made["keypoints"].astype(int), strict=True):
            assert (frame[points[:, 1], points[:, 0]] == 255).all()
            assert (mask[points[:, 1], points[:, 0]] == 1).all()
            assert mask.sum() == 2


def test_flips_and_turns_reach_all_eight_positions_alike(marked: dict[str, np.ndarray]) -> None:
    augmentation = Augmentation(flip=True, rotate=True)
    made = [augmentation(seed, marked["frames"])["frames"].tobytes() for seed in range(800)]
    counts = np.array([made.count(position) for position in set(made)])
    assert len(counts) == 8
    assert ((counts - 100) ** 2 / 100).sum() < 24.3  # chi-squared of 7 degrees of freedom, p = 0.001


def test_all_frames_change_alike(marked: dict[str, np.ndarray]) -> None:
    still = np.repeat(marked["frames"][:1], 3, axis=0)
    made = Augmentation(colour=0.3)(5, still)["frames"]
    np.testing.assert_array_equal(made, np.repeat(made[:1], 3, axis=0))
    assert set(np.unique(made)) != set(np.unique(still))


def test_result_follows_from_the_seed_alone(marked: dict[str, np.ndarray]) -> None:
    first, second = Augmentation(colour=0.3), Augmentation(colour=0.3)
    second(1, marked["frames"])
    np.testing.assert_array_equal(first(9, marked["frames"])["frames"], second(9, marked["frames"])["frames"])


def test_nothing_asked_changes_nothing(marked: dict[str, np.ndarray]) -> None:
    made = Augmentation(flip=False, rotate=False)(3, **marked)
    for name, given in marked.items():
        np.testing.assert_array_equal(made[name], given)
