"""Which rectangle is shown, and what of the scene behind."""

import numpy as np
import pytest

from tests.data.persons.test_scene import film
from tests.pose.bodies import standing
from vidgan.data.persons.film import Film
from vidgan.data.persons.framing import Framing
from vidgan.data.persons.scene import Scene
from vidgan.inference.stage import stage
from vidgan.pose.silhouette import body_heights


@pytest.fixture
def known() -> Film:
    frames, points = film(24, 3.0)
    return Film(points, Framing.around(points, 96, 128), Scene.behind(frames, points, 1.0))


def test_a_picture_of_the_film_is_framed_as_in_training(known: Film, capsys: pytest.CaptureFixture[str]) -> None:
    frames, points = film(24, 3.0)
    shown = stage(frames[3], points[3], points[5:9], known, 96, 128)
    assert shown.framing == known.framing
    assert shown.scene is not None
    np.testing.assert_array_equal(shown.scene, known.framing.frame(known.scene.picture))
    assert "100% of the scene is known" in capsys.readouterr().out
    finer = stage(frames[3], points[3], points[5:9], known, 192, 256).framing
    assert finer.step * 191 == pytest.approx(known.framing.step * 95, rel=0.01)
    middles = [framing.points(points)[..., 0].mean() / (framing.width - 1) for framing in (finer, known.framing)]
    assert middles[0] == pytest.approx(middles[1], abs=0.01)


def test_a_movement_that_leaves_the_frame_widens_it(known: Film, capsys: pytest.CaptureFixture[str]) -> None:
    frames, points = film(24, 3.0)
    far = points + np.array([400.0, 0.0], np.float32)
    shown = stage(frames[3], points[3], far, known, 96, 128).framing
    placed = shown.points(far)
    assert (placed >= 0).all()
    assert (placed <= np.array([127, 95])).all()
    assert "as large as in training, and will be poor" in capsys.readouterr().out


def test_another_picture_shows_the_person_as_large_as_in_training(known: Film) -> None:
    person = (standing(150.0) + np.array([120, 100])).astype(np.float32)
    picture = np.zeros((200, 240, 3), np.uint8)
    shown = stage(picture, person, person[None], known, 96, 128)
    assert shown.scene is None
    size, trained = (
        float(np.median(body_heights(points))) / (framing.step * 96)
        for points, framing in ((person[None], shown.framing), (known.points, known.framing))
    )
    assert size == pytest.approx(trained, rel=1e-3)
    around = stage(picture, person, person[None], None, 96, 128)
    assert around.framing == Framing.around(person[None], 96, 128)
    assert around.scene is None
