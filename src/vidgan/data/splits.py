"""Which clips train, validate and test: as the folders say, or held out by rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vidgan.data.derived import Excerpt
from vidgan.data.discovery import discover
from vidgan.data.sources import FileSource, Source
from vidgan.errors import UserError
from vidgan.randomness import mix

NAMES = ("train", "val", "test")
_HELD_OUT = 0.1


@dataclass(frozen=True)
class Splits:
    """The clips by what they are for.

    Attributes:
        train, val, test: clips that train, that validate and that test.
        weights: how often each clip that trains is drawn beside the others, by its name; empty where all come alike.
        note: why these, in a few words; empty where the data set says so itself.
    """

    train: list[Source]
    val: list[Source]
    test: list[Source]
    weights: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    note: str = field(default="", kw_only=True)


def split(root: Path, below: str = "") -> Splits:
    """The clips below ``root`` by split.

    With a sub-folder ``train`` the sub-folders ``val`` and ``test`` are the other splits; a missing one of them is
    replaced by the other. Without it what lies beside these two trains. Without any of them, or with one alone, a tenth
    of the clips (at least one) is held out for validation and another for the test, chosen by a hash of their names so
    that further clips change little. Of two clips one is held out for both, of a single clip its last tenth.

    Args:
        root: the folder.
        below: the clips are those below this sub-folder, of ``root`` or of each split.

    Raises:
        UserError: ``root`` or a split holds no clip.
    """
    folders = _folders(root, below)
    found = {name: discover(folder) for name, folder in folders.items()}
    if "train" not in folders:
        whole = discover(root / below)
        beside = [clip for clip in whole if not any(clip.path.is_relative_to(folder) for folder in folders.values())]
        if not (folders and beside):
            return _hold_out(whole)
        found["train"] = beside
    if len(found) == 1:
        return _hold_out(found["train"])
    val, test = found.get("val", found.get("test", [])), found.get("test", found.get("val", []))
    missing = [name for name in ("val", "test") if name not in found]
    note = f"there is no folder {missing[0]}: validation and test are the same clips" if missing else ""
    return Splits(list(found["train"]), list(val), list(test), note=note)


def scored(root: Path, below: str = "") -> list[FileSource]:
    """The clips below a ``root`` that is given to be scored: those of ``test``, else of ``val``, else all.

    Arguments are those of :func:`split`.

    Raises:
        UserError: there is no clip.
    """
    folders = _folders(root, below)
    return discover(folders.get("test", folders.get("val", root / below)))


def _folders(root: Path, below: str) -> dict[str, Path]:
    places = ((name, place) for name in NAMES for place in (root / below / name, root / name / below))
    return {name: place for name, place in places if place.is_dir()}


def _hold_out(sources: list[FileSource]) -> Splits:
    if len(sources) == 1:
        return _end_held_out(sources[0])
    count = max(1, round(len(sources) * _HELD_OUT))
    by_hash = [source.name for source in sorted(sources, key=lambda source: mix("held out", source.name))]
    val, test = set(by_hash[:count]), set(by_hash[count : 2 * count])
    note = "no folders say what they are for: a tenth of the clips validates, another tests"
    if len(sources) == 2:
        test, note = val, "of two clips one is held out: it validates and tests; three or more are split in three"
    train: list[Source] = [source for source in sources if source.name not in val | test]
    return Splits(train, _named(sources, val), _named(sources, test), note=note)


def _named(sources: list[FileSource], names: set[str]) -> list[Source]:
    return [source for source in sources if source.name in names]


def _end_held_out(source: FileSource) -> Splits:
    frames = source.size.frames
    start = frames - max(1, round(frames * _HELD_OUT))
    if start == 0:
        raise UserError(f"{source.path}: one frame alone cannot be split into training and validation")
    held_out: list[Source] = [Excerpt(source, start, frames)]
    note = "the end of a single clip is held out: it validates and tests; three or more are split in three"
    return Splits([Excerpt(source, 0, start)], held_out, held_out, note=note)
