"""Where a person is shown: which rectangle of the picture, and what is known to be behind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidgan.console import say
from vidgan.data.persons.film import Film
from vidgan.data.persons.framing import Framing, Points
from vidgan.pose.silhouette import body_heights

_SMALL = 0.5  # of the size that the person had in training, below which the result is told to be poor


@dataclass(frozen=True)
class Staging:
    """A rectangle of the person's picture.

    Attributes:
        framing: of what is made.
        scene: (H, W, 3) uint8 in that framing; None where it is to be made up from the picture.
    """

    framing: Framing
    scene: NDArray[np.uint8] | None = None


def stage(
    picture: NDArray[np.uint8], person: Points, poses: Points, film: Film | None, height: int, width: int
) -> Staging:
    """The stage for poses in the place of a picture's person.

    A picture of the film that trained is framed as that was, wider where the movement would leave the frame; another
    one so that the person is as large in the frame as it was in training, where the movement has room. Without a film
    it is the smallest rectangle that holds the person and the movement.

    Args:
        picture: (h, w, 3) RGB.
        person: (18, 2), its key points in the picture.
        poses: (T, 18, 2), to be shown in the same pixels.
        film: that the run knows.
        height, width: of what is made.

    Raises:
        UserError: the frame is too narrow for a person.
    """
    everything = np.concatenate([poses, person[None]])
    around = Framing.around(everything, height, width)
    if film is None:
        return Staging(around)
    if film.shows(picture, person):
        framing = film.framing.resized(height, width).widened(everything)
        share = film.scene.known_share(framing)
        say(f"the picture is of the film that trained: {share:.0%} of the scene is known, the rest is filled")
        shown = Staging(framing, film.scene.shown(framing))
    else:
        trained = _size(film.points, film.framing)
        shown = Staging(around.zoomed(max(1.0, _size(poses, around) / trained)))
    _tell_small(_size(poses, shown.framing) / _size(film.points, film.framing))
    return shown


def _size(points: Points, framing: Framing) -> float:
    """The person's height in heights of the frame: where it is near to the camera and far in turn, in between."""
    return float(np.nanmedian(body_heights(points))) / (framing.step * framing.height)


def _tell_small(share: float) -> None:
    if share < _SMALL:
        say(
            f"the movement takes so much room that the person is {share:.0%} as large as in training, and will be "
            "poor; give a movement that stays in its place"
        )
