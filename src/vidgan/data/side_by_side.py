"""Folders side by side of clips and what is aligned with them, which are not to be trained on as so many clips."""

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from vidgan.data.sources import Source, is_video
from vidgan.data.splits import NAMES
from vidgan.errors import UserError
from vidgan.video.reader import BrokenFileError

_WHOLE = {
    "gt",
    "hr",
    "hq",
    "truth",
    "ground_truth",
    "high",
    "sharp",
    "clean",
    "target",
    "clips",
    "frames",
    "images",
    "rgb",
}
_MAPS = {"mask": "mask", "masks": "mask", "depth": "depth", "depths": "depth", "alpha": "alpha", "matte": "alpha"}
_PARTS = {"lq", "lr", "low", "low_resolution", "x2", "x3", "x4", "blur", "blurred", "noisy", "degraded", *_MAPS}
_MOST = 8  # folders: with more of them each is a clip, or a scene

Clips = Mapping[str, Source]


def refuse_side_by_side(root: Path, sources: Sequence[Source]) -> None:
    """
    Raises:
        UserError: of two folders below ``root``, or below one of its splits, one holds what is aligned with the other.
    """
    left = {source.path: source for source in sources}
    for home in (*(root / name for name in NAMES if (root / name).is_dir()), root):
        here = {path: left.pop(path) for path in [*left] if path.is_relative_to(home)}
        if len(here) < 2:
            continue
        place = Path(os.path.commonpath(here))
        folders = _by_folder(place, here.values())
        for pair in combinations(folders, 2) if len(folders) <= _MOST else ():
            if found := _told_apart({name: folders[name] for name in pair}):
                raise UserError(_sentence(root if place.parent == root and place.name in NAMES else place, *found))


def _by_folder(place: Path, sources: Iterable[Source]) -> dict[str, dict[str, Source]]:
    """The clips by the first folder on their way from ``place``, and by the rest of the way."""
    folders: dict[str, dict[str, Source]] = {}
    for source in sources:
        stored = is_video(source.path.name) or source.path.suffix.lower() == ".zip"
        folder, *rest = (source.path.with_suffix("") if stored else source.path).relative_to(place).parts or ("",)
        folders.setdefault(folder, {})["/".join(rest)] = source
    return folders


def _told_apart(folders: Mapping[str, Clips]) -> tuple[str, str] | None:
    """The folder of the clips and that of what is aligned with them; None where each holds clips of its own."""
    (one, first), (other, second) = folders.items()
    shared = first.keys() & second.keys()
    if 2 * len(shared) < max(len(first), len(second)):
        return None
    for whole, part in ((one, other), (other, one)):
        if part.lower() in _PARTS and ("" not in shared or whole.lower() in _WHOLE):
            return whole, part
    if "" in shared:  # a clip each
        return None
    name = min(shared)
    for whole, part in ((one, other), (other, one)):
        if _is_smaller(folders[part][name], folders[whole][name]):
            return whole, part
    return None


def _is_smaller(part: Source, whole: Source) -> bool:
    """Whether a clip may be the low resolution of another."""
    try:
        small, large = part.size, whole.size
    except (BrokenFileError, OSError):  # told by who reads it
        return False
    scale = large.height // small.height
    return scale > 1 and large == (small.frames, small.height * scale, small.width * scale)


def _sentence(root: Path, whole: str, part: str) -> str:
    name = _MAPS.get(part.lower())
    aligned = f"data.layout.maps={{{name}: {part}}}" if name else f"data.layout.pictures={{low: {part}}}"
    return (
        f"{root}: {whole} and {part} hold clips of the same names, as clips and what is aligned with them do; give "
        f"data=aligned data.root={root} data.layout.clips={whole} '{aligned}', or the root of the clips alone; if they "
        "are clips of their own, name them differently"
    )
