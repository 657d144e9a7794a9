"""OpenPose's output: a folder with one JSON file for each frame."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence, Points, no_points
from vidgan.pose.skeleton import BODY_25, OPENPOSE_18, Skeleton

_BY_COUNT = {3 * len(skeleton): skeleton for skeleton in (OPENPOSE_18, BODY_25)}
_KEY = "pose_keypoints_2d"


def read_openpose(folder: Path) -> KeypointSequence:
    """A folder of ``*.json``, one a frame, frame_2 before frame_10; the count of numbers tells which skeleton it is.

    OpenPose does not follow persons: person p is the p-th of each file.

    Raises:
        UserError: there is no file, one is broken, or it holds another skeleton than those before it.
    """
    files = natsorted(folder.glob("*.json"), key=lambda file: file.name)
    if not files:
        raise UserError(f"{folder}: holds no .json file of OpenPose (one a frame).")
    skeleton: Skeleton | None = None
    frames = []
    for file in files:
        people = _people(file)
        for numbers in people:
            own = _skeleton_of(len(numbers), file)
            skeleton = skeleton or own
            if own is not skeleton:
                raise UserError(
                    f"{file}: holds {len(own)} key points ({own.name}), the files before it {len(skeleton)} "
                    f"({skeleton.name}); give each its own folder."
                )
        frames.append(people)
    if skeleton is None:
        raise UserError(f"{folder}: there is no person in any of its {len(files)} files.")
    points = no_points(folder, len(frames), max(map(len, frames)), skeleton)
    for frame, people in zip(points, frames, strict=True):
        for person, numbers in zip(frame, people, strict=False):
            person[:] = numbers.reshape(-1, 3)
    points[points[..., 2] == 0] = np.nan  # missing is 0, 0, 0
    return KeypointSequence(points, skeleton)


def write_openpose(sequence: KeypointSequence, folder: Path) -> None:
    """Writes ``<number of twelve digits>_keypoints.json`` for each frame.

    Args:
        sequence: of OpenPose-18 or BODY_25.
        folder: must not hold anything yet.
    """
    with replacing(folder) as temporary:
        temporary.mkdir()
        for number, people in enumerate(sequence.points):
            text = json.dumps({"version": 1.3, "people": [_person(person) for person in people if _there(person)]})
            (temporary / f"{number:012d}_keypoints.json").write_text(text, encoding="utf-8")


def _people(file: Path) -> list[Points]:
    """The numbers of each person in the file, (3 K,)."""
    try:
        return [
            np.array(person[_KEY], np.float32).flatten()
            for person in json.loads(file.read_text(encoding="utf-8"))["people"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{file}: is no key point file of OpenPose ({type(error).__name__}: {error}).") from error


def _skeleton_of(count: int, file: Path) -> Skeleton:
    if count not in _BY_COUNT:
        raise UserError(f"{file}: a person has {count} numbers; 54 (18 key points) or 75 (BODY_25) are expected.")
    return _BY_COUNT[count]


def _there(person: Points) -> bool:
    return bool(np.isfinite(person).any())


def _person(person: Points) -> dict[str, Any]:
    numbers = np.nan_to_num(person, nan=0.0).astype(float).round(4)
    return {"person_id": [-1], _KEY: numbers.flatten().tolist()}
