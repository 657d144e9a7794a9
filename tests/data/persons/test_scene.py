"""The scene behind a person, of films in which it is known to the last pixel."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.pose.bodies import standing
from vidgan.data.persons.film import Film
from vidgan.data.persons.framing import Framing, Points
from vidgan.data.persons.scene import Scene
from vidgan.errors import UserError
from vidgan.pose.silhouette import silhouettes

HEIGHT, WIDTH = 120, 160


def background(height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """Waves of three colors."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 9 + phase) + np.cos(y / 7 - phase) for phase in (0, 2, 4)]
    return np.asarray(128 + 40 * np.stack(waves, -1), np.uint8)


def film(frames: int, pace: float) -> tuple[NDArray[np.uint8], Points]:
    """A red person of 70 px that walks to the right by ``pace`` pixels a frame, and its key points."""
    places = np.array([(50 + pace * number, 60) for number in range(frames)])
    points = (standing(70.0)[None] + places[:, None]).astype(np.float32)
    made = np.repeat(background()[None], frames, axis=0)
    made[silhouettes(points, HEIGHT, WIDTH)] = (255, 0, 0)
    return made, points


def test_a_person_who_walks_shows_the_whole_scene() -> None:
    frames, points = film(24, 4.0)
    scene = Scene.behind(frames, points, 1.0)
    assert scene.known.all()
    assert scene.is_steady
    np.testing.assert_array_equal(scene.picture, background())


def test_what_is_never_seen_is_filled_and_told() -> None:
    frames, points = film(24, 0.25)
    scene = Scene.behind(frames, points, 1.0)
    always = silhouettes(points, HEIGHT, WIDTH).sum(0) > 24 - 3
    assert 0.03 < always.mean() < 0.2
    np.testing.assert_array_equal(scene.known, ~always)
    np.testing.assert_array_equal(scene.picture[~always], background()[~always])
    filled = scene.picture[always].astype(int)
    assert (filled[:, 0] - filled[:, 1:].max(1) < 120).all(), "some of the red person is left"
    whole = Framing(0.0, 0.0, 1.0, HEIGHT, WIDTH)
    assert scene.known_share(whole) == pytest.approx(1 - always.mean(), abs=0.01)


def test_a_camera_that_moves_is_told_from_one_that_is_noisy() -> None:
    frames, points = film(24, 2.0)
    noise = np.random.default_rng(0).normal(0, 10, frames.shape)
    assert Scene.behind(np.clip(frames + noise, 0, 255).astype(np.uint8), points, 1.0).is_steady
    panned = np.stack([np.roll(frame, -number, axis=1) for number, frame in enumerate(frames)])
    moved = points - np.stack([np.arange(24), np.zeros(24)], -1)[:, None].astype(np.float32)
    assert not Scene.behind(panned, moved.astype(np.float32), 1.0).is_steady


def test_a_scene_is_shown_as_a_picture_of_it_would_be() -> None:
    frames, points = film(24, 4.0)
    framing = Framing(20.3, 10.6, 2.0, 48, 40)
    np.testing.assert_array_equal(Scene.behind(frames, points, 1.0).shown(framing), framing.frame(background()))
    # Of half of the size: soft, and in the same place, which a pixel aside would not be.
    coarse, fine = Scene.behind(frames, points, 2.0).shown(framing), framing.frame(background())
    assert np.abs(coarse.astype(int) - fine).mean() < 1
    assert np.abs(np.roll(coarse, 1, axis=1).astype(int) - fine)[:, 1:].mean() > 5


def test_frames_of_the_film_are_known_again() -> None:
    frames, points = film(24, 4.0)
    scene = Scene.behind(frames, points, 1.5)
    assert scene.is_behind(frames[7], points[7])
    assert not scene.is_behind(frames[7][:, ::-1], points[7])
    assert not scene.is_behind(frames[7][:-9], points[7])


def test_a_film_is_what_its_tensors_tell() -> None:
    frames, points = film(12, 4.0)
    known = Film(points, Framing(1.5, -2.0, 1.2, 96, 64), Scene.behind(frames, points, 1.5))
    again = Film.of(known.tensors())
    assert again is not None
    assert again.framing == known.framing
    np.testing.assert_array_equal(again.points, points)
    np.testing.assert_array_equal(again.scene.picture, known.scene.picture)
    np.testing.assert_array_equal(again.scene.known, known.scene.known)
    assert replace(again.scene, picture=None, known=None) == replace(known.scene, picture=None, known=None)  # type: ignore[arg-type]  # the numbers are compared
    assert Film.of({}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", torch.zeros(3, 17, 2)),
        ("scene", torch.zeros(4, 4, 3, dtype=torch.uint8)),
        ("scene", torch.zeros(80, 107, 3)),
        ("framing", torch.tensor([0.0, torch.nan, 1.0])),
        ("size", torch.tensor([3])),
        ("camera", None),
    ],
)
def test_tensors_of_no_film(name: str, value: torch.Tensor | None) -> None:
    frames, points = film(6, 4.0)
    tensors = Film(points, Framing(0.0, 0.0, 1.0, 96, 64), Scene.behind(frames, points, 1.5)).tensors()
    tensors = {key: tensor for key, tensor in (tensors | {name: value}).items() if tensor is not None}
    with pytest.raises(UserError, match="knows of its film is damaged"):
        Film.of(tensors)
