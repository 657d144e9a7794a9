"""The people of an input: where an estimator finds their key points."""

from pathlib import Path

import numpy as np

from vidgan.console import say
from vidgan.engine.progress import counted
from vidgan.errors import UserError
from vidgan.inference.inputs import Input
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.sequence import KeypointSequence

_MOST_OUTSIDE = 0.5  # share of key points outside the frame above which they belong to other frames


def find_people(estimator: PoseEstimator, given: Input, progress: bool) -> KeypointSequence:
    """All people of all frames, in the order in which the estimator finds them."""
    people, size = [], (0, 0)
    for frame in counted(given.frames, given.count, "frames", progress):
        people.append(estimator(frame))
        size = frame.shape[1], frame.shape[0]
    points = np.full((len(people), max(map(len, people)), len(estimator.skeleton), 3), np.nan, np.float32)
    for row, found in zip(points, people, strict=True):
        row[: len(found)] = found
    return KeypointSequence(points, estimator.skeleton, size, given.fps)


def refuse_nobody(sequence: KeypointSequence, what: str) -> None:
    """
    Args:
        sequence: key points.
        what: where they come from, as the command line says it.

    Raises:
        UserError: there are none.
    """
    if not sequence.present.any():
        raise UserError(f"{what}: no person is found in any of its {len(sequence)} frames.")


def refuse_outside(sequence: KeypointSequence, given: Path) -> None:
    """Says how many key points are outside of the frame, where its size is known.

    Raises:
        UserError: most of them.
    """
    if sequence.size is None or not sequence.present.any():
        return
    width, height = sequence.size
    x, y = sequence.points[..., 0], sequence.points[..., 1]
    outside = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)  # false where missing
    share = outside.sum() / sequence.present.sum()
    if share > _MOST_OUTSIDE:
        raise UserError(
            f"{given}: {share:.0%} of its key points are outside of the {width} x {height} frame; they belong to "
            f"frames of another size."
        )
    if outside.any():
        say(f"{int(outside.sum())} key points ({share:.1%}) are outside of the {width} x {height} frame")
