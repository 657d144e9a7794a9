"""Augmentation treats all frames, and all that is aligned with them, as one, and is a function of its seed."""

import numpy as np
import pytest

from vidgan.data.augmentation import Augmentation

SIZE = 12


@pytest.fixture
def frames() -> np.ndarray:
    """Three frames with two pixels of 255 each, in all channels."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 200, (3, SIZE, SIZE, 3), dtype=np.uint8)
    for frame in frames:
        frame.reshape(-1, 3)[rng.choice(SIZE**2, 2, replace=False)] = 255
    return frames


def test_what_is_aligned_is_moved_alike_whatever_its_size(frames: np.ndarray) -> None:
    augmentation = Augmentation()
    for seed in range(32):
        made = augmentation(seed, frames)
        assert ((made == 255).all(-1).sum((1, 2)) == 2).all()
        np.testing.assert_array_equal(augmentation(seed, frames.repeat(2, 1).repeat(2, 2))[:, ::2, ::2], made)


@pytest.mark.parametrize("color", [0.0, 0.3])
def test_a_map_is_moved_as_its_frames_and_keeps_its_values(frames: np.ndarray, color: float) -> None:
    mask = (frames == 255).all(-1, keepdims=True).astype(np.uint8)
    places = frames // 255 * 200  # bright spots on black, which a change of colors leaves bright
    augmentation = Augmentation(color_jitter=color)
    for seed in range(32):
        moved = augmentation(seed, mask)
        assert moved.shape == (3, SIZE, SIZE, 1)
        np.testing.assert_array_equal(augmentation(seed, places).max(-1, keepdims=True) > 60, moved == 1)


def test_flips_and_turns_reach_all_eight_positions_alike(frames: np.ndarray) -> None:
    augmentation = Augmentation(flip=True, rotate=True)
    made = [augmentation(seed, frames).tobytes() for seed in range(800)]
    counts = np.array([made.count(position) for position in set(made)])
    assert len(counts) == 8
    assert ((counts - 100) ** 2 / 100).sum() < 24.3  # chi-squared of 7 degrees of freedom, p = 0.001


def test_all_frames_change_alike(frames: np.ndarray) -> None:
    still = np.repeat(frames[:1], 3, axis=0)
    made = Augmentation(color_jitter=0.3)(5, still)
    np.testing.assert_array_equal(made, np.repeat(made[:1], 3, axis=0))
    assert set(np.unique(made)) != set(np.unique(still))


def test_result_follows_from_the_seed_alone(frames: np.ndarray) -> None:
    first, second = Augmentation(color_jitter=0.3), Augmentation(color_jitter=0.3)
    second(1, frames)
    np.testing.assert_array_equal(first(9, frames), second(9, frames))


def test_nothing_asked_changes_nothing(frames: np.ndarray) -> None:
    for given in (frames, frames[..., :1]):
        np.testing.assert_array_equal(Augmentation(flip=False, rotate=False)(3, given), given)


def test_half_of_the_samples_run_backwards_frames_and_maps_alike(frames: np.ndarray) -> None:
    augmentation = Augmentation(flip=False, rotate=False, reverse=True)
    backwards = 0
    for seed in range(200):
        for given in (frames, frames[..., :1]):
            made = augmentation(seed, given)
            turned = np.array_equal(made, given[::-1])
            assert turned or np.array_equal(made, given)
        backwards += turned
        assert np.array_equal(augmentation(seed, frames)[..., :1], made)
    assert backwards == pytest.approx(100, abs=21)  # three deviations of 7.1


@pytest.mark.parametrize(("colors", "orders"), [("reversed", 2), ("shuffled", 6)])
def test_channels_come_in_every_order_as_often(frames: np.ndarray, colors: str, orders: int) -> None:
    augmentation = Augmentation(flip=False, rotate=False, colors=colors)
    made = [augmentation(seed, frames).tobytes() for seed in range(600)]
    counts = np.array([made.count(order) for order in set(made)])
    assert len(counts) == orders
    assert ((counts - 600 / orders) ** 2 / (600 / orders)).sum() < 20.5  # chi-squared of 5 degrees, p = 0.001
    assert frames[..., ::-1].tobytes() in made
    np.testing.assert_array_equal(augmentation(3, frames[..., :1]), frames[..., :1])


def test_a_word_for_colors_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match=r"colors is 'bgr'; it must be one of kept, reversed, shuffled"):
        Augmentation(colors="bgr")
