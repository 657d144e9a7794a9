"""OpenPose's output: a folder with one JSON file for each frame."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.pose.formats.units import in_pixels, rate, rate_of
from vidgan.pose.sequence import KeypointSequence, Points, no_points
from vidgan.pose.skeleton import BODY_25, OPENPOSE_18, Skeleton

_BY_COUNT = {3 * len(skeleton): skeleton for skeleton in (OPENPOSE_18, BODY_25)}
_KEY = "pose_keypoints_2d"
_CANVAS = ("canvas_width", "canvas_height")  # as nodes of ComfyUI have it


def read_openpose(folder: Path) -> KeypointSequence:
    """A folder of ``*.json``, one a frame, frame_2 before frame_10; the count of numbers tells which skeleton it is.

    OpenPose does not follow persons: person p is the p-th of each file.

    Raises:
        UserError: there is no file, one is broken, or it holds another skeleton than those before it.
    """
    files = natsorted(folder.glob("*.json"), key=lambda file: file.name)
    if not files:
        raise UserError(f"{folder}: holds no .json file of OpenPose (one a frame).")
    contents = [_content(file) for file in files]
    return of_frames([people_of(*pair) for pair in zip(contents, files, strict=True)], folder, contents, files)


def of_frames(
    frames: list[list[Points]], whole: Path, contents: list[Any], files: Sequence[Path] = ()
) -> KeypointSequence:
    """The sequence of the people of frames, see :func:`people_of`.

    Args:
        frames: the numbers of each person of each frame, (3 K,).
        whole: the file or folder of all.
        contents: what the JSON of each frame says; ``canvas_width`` and ``canvas_height`` are the frames' size.
        files: of each frame where they are apart, for messages.

    Raises:
        UserError: nobody is in any of them, or the people are of several skeletons.
    """
    skeleton: Skeleton | None = None
    for file, people in zip(files or [whole] * len(frames), frames, strict=True):
        for numbers in people:
            own = _skeleton_of(len(numbers), file)
            skeleton = skeleton or own
            if own is not skeleton:
                raise UserError(
                    f"{file}: holds {len(own)} key points ({own.name}), the files before it {len(skeleton)} "
                    f"({skeleton.name}); give each its own folder."
                )
    if skeleton is None:
        raise UserError(f"{whole}: there is no person in any of its {len(frames)} {'files' if files else 'frames'}.")
    points = no_points(whole, len(frames), max(map(len, frames)), skeleton)
    for frame, people in zip(points, frames, strict=True):
        for person, numbers in zip(frame, people, strict=False):
            person[:] = numbers.reshape(-1, 3)
    points[points[..., 2] == 0] = np.nan  # missing is 0, 0, 0
    size = _size(contents[0])
    return KeypointSequence(in_pixels(points, size, whole), skeleton, size, rate_of(contents[0], whole))


def write_openpose(sequence: KeypointSequence, folder: Path) -> None:
    """Writes ``<number of twelve digits>_keypoints.json`` for each frame.

    Args:
        sequence: of OpenPose-18 or BODY_25.
        folder: must not hold anything yet.
    """
    canvas = dict(zip(_CANVAS, sequence.size, strict=True)) if sequence.size else {}
    beside = {**canvas, **rate(sequence)}
    with replacing(folder) as temporary:
        temporary.mkdir()
        for number, people in enumerate(sequence.points):
            people_there = [_person(person) for person in people if _there(person)]
            text = json.dumps({"version": 1.3, "people": people_there, **beside})
            (temporary / f"{number:012d}_keypoints.json").write_text(text, encoding="utf-8")


def people_of(content: Any, file: Path) -> list[Points]:
    """The numbers of each person in a frame, (3 K,).

    Raises:
        UserError: it is no frame of OpenPose.
    """
    try:
        return [np.array(person[_KEY], np.float32).flatten() for person in content["people"] if person[_KEY]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: is no key point file of OpenPose ({type(error).__name__}: {error}).") from error


def _content(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file}: is no key point file of OpenPose ({type(error).__name__}: {error}).") from error


def _size(content: dict[str, Any]) -> tuple[int, int] | None:
    width, height = (content.get(side) for side in _CANVAS)
    return (width, height) if isinstance(width, int) and isinstance(height, int) and min(width, height) > 0 else None


def _skeleton_of(count: int, file: Path) -> Skeleton:
    if count not in _BY_COUNT:
        raise UserError(f"{file}: a person has {count} numbers; 54 (18 key points) or 75 (BODY_25) are expected.")
    return _BY_COUNT[count]


def _there(person: Points) -> bool:
    return bool(np.isfinite(person).any())


def _person(person: Points) -> dict[str, Any]:
    numbers = np.nan_to_num(person, nan=0.0).astype(float).round(4)
    return {"person_id": [-1], _KEY: numbers.flatten().tolist()}
