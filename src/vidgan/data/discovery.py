"""Finding clips: videos, folders of frames and zipped frames below one root, in any mix."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from vidgan.data.sources import FileSource, FrameFolder, FrameZip, VideoFile, is_image, is_video, natural
from vidgan.errors import UserError


def discover(root: Path) -> list[FileSource]:
    """Every clip below ``root``, sorted by name: each video, each zip file, each folder that holds images and no video.

    ``root`` may also be one video or zip file. Hidden files and folders are passed over.

    Raises:
        UserError: ``root`` does not exist or holds no clip.
    """
    if not root.exists():
        raise UserError(f"{root}: there is no such file or folder; set data.root to your videos")
    found = [source for source in map(_source_at, _candidates(root)) if source]
    if not found:
        raise UserError(
            f"{root}: holds no video, no zipped frames and no folder of frames; set data.root to your videos"
        )
    names = _unique_names(root, [source.path for source in found])
    for source, name in zip(found, names, strict=True):
        source.name = name
    return sorted(found, key=lambda source: natural(source.name))


def _candidates(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
        paths = [Path(folder, name) for name in files if not name.startswith(".")]
        yield from (path for path in paths if not is_image(path.name))
        if any(is_image(path.name) for path in paths) and not any(is_video(path.name) for path in paths):
            yield Path(folder)


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
