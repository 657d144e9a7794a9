"""Our own file: a pose sequence with all it knows, as NumPy arrays. Nothing in it is pickled."""

import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidgan.atomic import replacing
from vidgan.errors import UserError, one_line
from vidgan.pose.sequence import MOST_BYTES, KeypointSequence
from vidgan.pose.skeleton import skeleton_named


def write_npz(sequence: KeypointSequence, path: Path) -> None:
    """Writes ``points`` (T, P, K, 3), ``skeleton``, and where they are known ``size`` and ``fps`` (a fraction)."""
    arrays = {"points": sequence.points, "skeleton": np.array(sequence.skeleton.name)}
    if sequence.size is not None:
        arrays["size"] = np.array(sequence.size)
    if sequence.fps is not None:
        arrays["fps"] = np.array(sequence.fps.as_integer_ratio())
    with replacing(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_npz(path: Path) -> KeypointSequence:
    """
    Raises:
        UserError: the file is none that :func:`write_npz` wrote.
    """
    try:
        _refuse_large(path)
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        return KeypointSequence(
            points=stored["points"],
            skeleton=skeleton_named(str(stored["skeleton"])),
            size=_pair(stored["size"]) if "size" in stored else None,
            fps=Fraction(*_pair(stored["fps"])) if "fps" in stored else None,
        )
    except Exception as error:  # a damaged archive makes zipfile, zlib and NumPy raise almost anything
        raise UserError(f"{path}: is no pose sequence that vidgan wrote ({one_line(error)}).") from error


def _refuse_large(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if (size := sum(member.file_size for member in archive.infolist())) > MOST_BYTES:
            raise UserError(f"it would take {size:,} bytes unpacked")


def _pair(numbers: NDArray[np.integer]) -> tuple[int, int]:
    first, second = map(int, numbers)
    return first, second
