"""Pose sequences as files of any format, told apart by their suffix."""

from pathlib import Path

from vidgan.errors import UserError
from vidgan.pose.formats.coco import write_coco
from vidgan.pose.formats.json_kinds import read_json
from vidgan.pose.formats.npz import read_npz, write_npz
from vidgan.pose.formats.openpose import read_openpose, write_openpose
from vidgan.pose.formats.patn import read_patn, write_patn
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import BODY_25, COCO_17, OPENPOSE_18, Skeleton

_READERS = {".npz": read_npz, ".json": read_json, ".csv": read_patn, "": read_openpose}
_WRITERS = {".npz": write_npz, ".json": write_coco, ".csv": write_patn, "": write_openpose}
_HOLDS = {".json": (COCO_17,), ".csv": (OPENPOSE_18,), "": (OPENPOSE_18, BODY_25)}
FORMATS = ".npz, .json (COCO), .csv (PATN), or a folder (OpenPose)"


def is_pose_file(path: Path) -> bool:
    """Whether it is a file of key points, or a folder of OpenPose's."""
    return any(path.glob("*.json")) if path.is_dir() else path.suffix.lower() in (".npz", ".json", ".csv")


def read_poses(path: Path, expected: Skeleton | None = None) -> KeypointSequence:
    """Reads .npz, .json (see :mod:`vidgan.pose.formats.json_kinds`), .csv (PATN) or a folder (OpenPose).

    Args:
        path: the file or folder.
        expected: the skeleton it must be; None takes what it is.

    Raises:
        UserError: it is not there, none of these, broken, empty, or of another skeleton.
    """
    if not path.exists():
        raise UserError(f"{path}: there is no such file or folder.")
    sequence = _READERS[_format(path)](path)
    if not len(sequence):
        raise UserError(f"{path}: holds no frames; give key points of one or more.")
    if expected is not None and sequence.skeleton is not expected:
        raise UserError(
            f"{path}: its key points are {sequence.skeleton.name}, {expected.name} is expected; convert it with "
            f"vidgan-pose input={path} output=<file> skeleton={expected.name}."
        )
    return sequence


def write_poses(sequence: KeypointSequence, path: Path) -> None:
    """Writes the format of the suffix: .npz, .json (COCO), .csv (PATN), a folder (OpenPose) without one.

    Raises:
        UserError: the suffix is none of these, or the format cannot hold the sequence.
    """
    refuse_unwritable(path, sequence.skeleton)
    _WRITERS[_format(path)](sequence, path)


def refuse_unwritable(path: Path, skeleton: Skeleton) -> None:
    """
    Raises:
        UserError: a sequence of that skeleton cannot be written to the path, which is for instance a folder with
            something in it.
    """
    form = _format(path)
    holds = _HOLDS.get(form, (skeleton,))
    if skeleton not in holds:
        names = " or ".join(f"skeleton={one.name}" for one in holds)
        raise UserError(f"{path}: this format does not hold {skeleton.name}; set {names}, or write .npz.")
    if form == "" and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path}: is there already; remove it or choose another folder.")


def skeleton_for(path: Path, own: Skeleton) -> Skeleton:
    """The skeleton that is written to a path without being told: ``own`` where the format holds it."""
    holds = _HOLDS.get(_format(path), (own,))
    return own if own in holds else holds[0]


def _format(path: Path) -> str:
    suffix = "" if path.is_dir() else path.suffix.lower()
    if suffix not in _READERS:
        raise UserError(f"{path}: {suffix} is no format of key points; give {FORMATS}.")
    return suffix
