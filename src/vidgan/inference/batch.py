"""Folders of videos, or of pictures of several sizes: each file is worked on by itself."""

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
    """One clip: where it is, and where what is made of it goes."""

    given: Path
    out: Path

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
    parts = _parts(path) if path.is_dir() else []
    if not parts:
        return [Job(path, out)]
    if out.suffix:
        raise UserError(f"output={out}: the input holds {len(parts)} clips of their own; give a folder")
    return [Job(part, out / _name(part, encoding)) for part in parts]


def _parts(folder: Path) -> list[Path]:
    """The clips in a folder; none where the folder is itself one."""
    entries = natsorted((path for path in folder.iterdir() if not is_junk(path.name)), key=lambda path: path.name)
    pictures = [path for path in entries if path.is_file() and is_image(path.name)]
    clips = [path for path in entries if (path.is_file() and is_video(path.name)) or _holds_pictures(path)]
    if clips or len({size_of(path) for path in pictures}) > 1:
        return natsorted([*clips, *pictures], key=lambda path: path.name)
    return []


def _holds_pictures(path: Path) -> bool:
    return path.is_dir() and any(is_image(entry.name) for entry in path.iterdir())


def _name(path: Path, encoding: Encoding) -> str:
    if path.is_dir() or is_image(path.name):
        return path.name
    suffix = suffix_for(path, encoding)
    if suffix == path.suffix.lower():
        return path.name
    taken = path.with_suffix(suffix).exists()
    return f"{path.name if taken else path.stem}{suffix}"


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
