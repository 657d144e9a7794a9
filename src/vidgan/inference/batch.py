"""Folders of videos, or of pictures of several sizes: each file is worked on by itself."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from natsort import natsorted

from vidgan.data.pictures import is_image, is_junk, size_of
from vidgan.data.sources import is_video
from vidgan.errors import UserError
from vidgan.video.encoding import suffix_for
from vidgan.video.reader import video_index
from vidgan.video.settings import Encoding


@dataclass(frozen=True)
class Job:
    """One clip.

    Attributes:
        given: where it is.
        out: where what is made of it goes.
        folder: whether that is a folder of pictures, whatever it is named.
    """

    given: Path
    out: Path
    folder: bool = False

    @property
    def count(self) -> int:
        """Of frames; 0 where the file cannot be read."""
        try:
            if self.given.is_dir():
                return sum(is_image(path.name) for path in self.given.iterdir())
            return 1 if is_image(self.given.name) else video_index(self.given, strict=False).info.frames
        except UserError:
            return 0


def jobs_of(path: Path, out: Path, encoding: Encoding) -> list[Job]:
    """A single job, or those of a folder that is more than one clip.

    A folder of pictures of one size is one clip. Others' files in a folder are passed over. A video keeps its name
    where a file of that name can hold what is written.

    Raises:
        UserError: there are several, and the output is no folder.
    """
    parts = _parts(path, out) if path.is_dir() else []
    if not parts:
        return [Job(path, out)]
    if out.suffix and not out.is_dir():
        raise UserError(
            f"output={out}: the input holds {len(parts)} clips of their own; give a folder, a name without a suffix"
        )
    return [Job(part, out / name, part.is_dir()) for part, name in zip(parts, _names(parts, encoding), strict=True)]


def _parts(folder: Path, out: Path) -> list[Path]:
    """The clips in a folder, but for what was made of it before; none where the folder is itself one."""
    made = os.path.realpath(out)
    there = (path for path in folder.iterdir() if not is_junk(path.name) and os.path.realpath(path) != made)
    entries = natsorted(there, key=lambda path: path.name)
    pictures = [path for path in entries if path.is_file() and is_image(path.name)]
    clips = [path for path in entries if (path.is_file() and is_video(path.name)) or _holds_pictures(path)]
    if clips or len({size for path in pictures if (size := size_of(path))}) > 1:
        return natsorted([*clips, *pictures], key=lambda path: path.name)
    return []


def _holds_pictures(path: Path) -> bool:
    return path.is_dir() and any(is_image(entry.name) for entry in path.iterdir())


def _names(parts: Sequence[Path], encoding: Encoding) -> list[str]:
    """Those of what is made, each once: a video whose suffix changes keeps it inside where others would be so named."""
    names = [_name(path, encoding) for path in parts]
    count = Counter(names)
    return [
        name if count[name] == 1 or name == path.name else f"{path.name}{path.with_name(name).suffix}"
        for path, name in zip(parts, names, strict=True)
    ]


def _name(path: Path, encoding: Encoding) -> str:
    if path.is_dir() or is_image(path.name):
        return path.name
    suffix = suffix_for(path, encoding)
    return path.name if suffix == path.suffix.lower() else f"{path.stem}{suffix}"


def refuse_failed(failed: Sequence[tuple[Path, str]], count: int, out: Path) -> None:
    """
    Args:
        failed: which could not be worked on, and why.
        count: of all.
        out: where the others are.

    Raises:
        UserError: there are some.
    """
    if failed:
        told = "; ".join(f"{path.name} ({reason.rstrip('.')})" for path, reason in failed)
        done = f"the other {count - len(failed)} are in {out}" if count > len(failed) else "nothing is written"
        raise UserError(f"{len(failed)} of {count} failed, {done}: {told}")
