"""PATN's key point annotations (Zhu et al. 2019): a CSV with one picture a row, ``name:keypoints_y:keypoints_x``.

Separated by colons, y before x, lists of 18 whole numbers, -1 where missing. The order is OpenPose's, right eye and ear
before left ones, although PATN's and PG2's lists of labels name them the other way round.
"""

import csv
import json
from pathlib import Path

import numpy as np

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence, Points
from vidgan.pose.skeleton import OPENPOSE_18

_HEADER = ["name", "keypoints_y", "keypoints_x"]


def read_patn_pictures(path: Path) -> dict[str, Points]:
    """Key points (18, 3) by the picture's name, in the file's order; confidences are 1.

    Raises:
        UserError: the file is something else; the text names the line.
    """
    pictures: dict[str, Points] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=":")
            if next(rows, None) != _HEADER:
                raise UserError(f"{path}: its first line must be {':'.join(_HEADER)}.")
            for row in rows:
                if row:
                    pictures[row[0]] = _points(row, path, rows.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as a key point CSV ({error}).") from error
    return pictures


def read_patn(path: Path) -> KeypointSequence:
    """The pictures of a file as the frames of one person.

    Raises:
        UserError: the file holds no picture, or is something else.
    """
    pictures = read_patn_pictures(path)
    if not pictures:
        raise UserError(f"{path}: holds no picture.")
    return KeypointSequence(np.stack(list(pictures.values()))[:, None], OPENPOSE_18)


def write_patn(sequence: KeypointSequence, path: Path) -> None:
    """Writes a row ``<number of eight digits>.png`` for each frame; coordinates are rounded, confidences are lost.

    Raises:
        UserError: the sequence, which must be of OpenPose-18, has more than one person.
    """
    if sequence.points.shape[1] != 1:
        raise UserError(f"{path}: a PATN file holds one person, not {sequence.points.shape[1]}; write .npz.")
    whole = np.nan_to_num(np.round(sequence.points[:, 0, :, :2]), nan=-1).astype(int)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=":", lineterminator="\n")
        rows.writerow(_HEADER)
        rows.writerows([f"{n:08d}.png", frame[:, 1].tolist(), frame[:, 0].tolist()] for n, frame in enumerate(whole))


def _points(row: list[str], path: Path, line: int) -> Points:
    try:
        _, y, x = row
        points = np.array([json.loads(x), json.loads(y), [1] * len(OPENPOSE_18)], np.float32).T
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path}, line {line}: a name and two lists of 18 numbers are expected, separated by colons."
        ) from error
    points[(points == -1).any(1)] = np.nan
    return points
