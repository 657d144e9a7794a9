"""Which clips train, validate and test: as the folders say, or held out by rule."""

import logging
from dataclasses import dataclass
from pathlib import Path

from vidgan.data.discovery import discover
from vidgan.data.sources import FileSource, Source, Span
from vidgan.errors import UserError
from vidgan.randomness import mix

logger = logging.getLogger(__name__)

_HELD_OUT = 0.1


@dataclass(frozen=True)
class Splits:
    train: list[Source]
    val: list[Source]
    test: list[Source]


def split(root: Path) -> Splits:
    """The clips below ``root`` by split.

    With a sub-folder ``train`` the sub-folders ``val`` and ``test`` are the other splits; a missing one of them is
    replaced by the other. Without it, or with ``train`` alone, a tenth of the clips (at least one) is held out, chosen
    by a hash of their names so that further clips change little; of a single clip, its last tenth.

    Raises:
        UserError: ``root`` or a split holds no clip.
    """
    folders = {name: root / name for name in ("train", "val", "test") if (root / name).is_dir()}
    if "train" not in folders:
        return _hold_out(discover(root), root)
    found = {name: discover(folder) for name, folder in folders.items()}
    if len(found) == 1:
        return _hold_out(found["train"], root / "train")
    val, test = found.get("val", found.get("test", [])), found.get("test", found.get("val", []))
    return Splits(list(found["train"]), list(val), list(test))


def _hold_out(sources: list[FileSource], root: Path) -> Splits:
    held_out: list[Source]
    train: list[Source]
    if len(sources) == 1:
        frames = sources[0].size.frames
        start = frames - max(1, round(frames * _HELD_OUT))
        if start == 0:
            raise UserError(f"{sources[0].path}: one frame alone cannot be split into training and validation")
        train, held_out = [Span(sources[0], 0, start)], [Span(sources[0], start, frames)]
    else:
        by_hash = sorted(sources, key=lambda source: mix("held out", source.name))
        count = max(1, round(len(sources) * _HELD_OUT))
        chosen = {source.name for source in by_hash[:count]}
        train = [source for source in sources if source.name not in chosen]
        held_out = [source for source in sources if source.name in chosen]
    names = ", ".join(source.name for source in held_out)
    logger.info("%s has no folders train and val: held out for validation and test: %s", root, names)
    return Splits(train, held_out, held_out)
