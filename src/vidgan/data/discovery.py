"""Finding clips: videos, folders of frames and zipped frames below one root, in any mix."""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from natsort import natsorted

from vidgan.data.pictures import is_image
from vidgan.data.sources import FileSource, FrameFolder, FrameZip, VideoFile, is_video
from vidgan.errors import UserError


def discover(root: Path) -> list[FileSource]:
    """Every clip below ``root``, sorted by name: each video, each zip file, each folder that holds images and no video.

    ``root`` may also be one video or zip file. Hidden files and folders are passed over. Links are followed, but what
    several paths lead to is one clip.

    Raises:
        UserError: ``root`` does not exist or holds no clip.
    """
    if not root.exists():
        raise UserError(f"{root}: there is no such file or folder; set data.root to your videos")
    if root.resolve() == Path(root.anchor or "/"):
        raise UserError(f"{root}: is all that this machine holds; set data.root to the folder of your videos")
    found = [source for source in map(_source_at, _each_once(_candidates(root))) if source]
    if not found:
        raise UserError(
            f"{root}: holds no video, no zipped frames and no folder of frames; set data.root to your videos"
        )
    names = _unique_names(root, [source.path for source in found])
    for source, name in zip(found, names, strict=True):
        source.name = name
    return natsorted(found, key=lambda source: source.name)


def _candidates(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, names in _folders(root):
        paths = [folder / name for name in names if not name.startswith(".")]
        yield from (path for path in paths if not is_image(path.name))
        if any(is_image(path.name) for path in paths) and not any(is_video(path.name) for path in paths):
            yield folder


def _folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder below ``root`` once, with the files in it: first those inside, then those that links lead to.

    Told apart by their real paths, as a link may lead to a folder that it is in. One that leads above ``root`` is not
    followed: it would bring the test clips beside it into training.
    """
    seen = {str(above) for above in root.resolve().parents}
    left = deque([root])
    while left:
        for folder, subfolders, files in os.walk(left.popleft()):
            if (real := _real(folder)) in seen:
                subfolders.clear()
                continue
            seen.add(real)
            subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
            left.extend(path for name in subfolders if (path := Path(folder, name)).is_symlink())
            yield Path(folder), files


def _real(path: str | Path) -> str:
    try:
        return os.path.realpath(path)
    except OSError:  # a link that may not be read
        return str(Path(path).absolute())


def _each_once(paths: Iterable[Path]) -> list[Path]:
    """The paths without those that lead to where another one does; a link gives way to what it leads to."""
    found: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: (path.is_symlink(), path)):
        found.setdefault(_real(path), path)
    return list(found.values())


def _source_at(path: Path) -> FileSource | None:
    if path.is_dir():
        return FrameFolder(path.name, path)
    if is_video(path.name):
        return VideoFile(path.name, path)
    return FrameZip(path.name, path) if path.suffix.lower() == ".zip" else None


def _unique_names(root: Path, paths: list[Path]) -> list[str]:
    """Paths from ``root`` on, without the suffix where that is enough to tell them apart."""
    whole = [path.relative_to(root).as_posix() if path != root else path.name for path in paths]
    short = [
        str(Path(name).with_suffix("").as_posix()) if path.is_file() else name
        for name, path in zip(whole, paths, strict=True)
    ]
    count = Counter(short)
    return [name if count[name] == 1 else full for name, full in zip(short, whole, strict=True)]
