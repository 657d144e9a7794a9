"""One's own clips: all below a folder, or those of one sub-folder with what is aligned with them in others."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vidgan.data.derived import Aligned, Excerpt, Grey, differently_aligned
from vidgan.data.discovery import discover
from vidgan.data.layout import Layout
from vidgan.data.side_by_side import refuse_side_by_side
from vidgan.data.sources import FileSource, Source
from vidgan.data.splits import NAMES, Splits, scored, split
from vidgan.errors import UserError
from vidgan.namespace import OWN

Clips = Mapping[str, FileSource]

_TAKEN = sorted({*OWN, "keypoints"})


class Folder(Layout):
    """One's own clips, see :func:`vidgan.data.splits.split`."""

    title = "a folder of clips"
    homepage = "your own, or the NOTICE file for the clips that ship with vidgan"
    terms = "those of the clips"
    tree = "videos, folders of frames and zipped frames, with or without train/, val/ and test/,"

    def published(self, root: Path) -> Splits:
        splits = split(root)
        refuse_side_by_side(root, [*splits.train, *splits.val, *splits.test])
        return splits

    def scored(self, root: Path) -> list[Source]:
        sources: list[Source] = [*scored(root)]
        refuse_side_by_side(root, sources)
        self._open(root, sources)
        return sources


class AlignedFolders(Layout):
    """One's own clips, and others that are aligned with them under the same names in folders beside theirs.

    ``AlignedFolders("gt", pictures={"low": "lq"}, maps={"mask": "masks"})`` reads ``gt/<clip>`` with ``lq/<clip>`` and
    ``masks/<clip>``, each a video, a zip file or a folder of frames. Folders train, val and test may lie in each of
    these or around them.

    Args:
        clips: the folder that holds the clips.
        pictures: folders by the name under which a task asks for them. What changes the colors of a clip changes
            theirs.
        maps: folders of masks, depth maps and all else whose values say something, likewise by name. They have one
            channel, and what changes the colors of a clip leaves them as they are.

    Raises:
        UserError: a folder or a name is none that can be used.
    """

    title = "folders of aligned clips"
    homepage = "your own"
    terms = "those of the clips"
    tree = "folders of clips of the same names"

    def __init__(
        self, clips: str, pictures: Mapping[str, str] | None = None, maps: Mapping[str, str] | None = None
    ) -> None:
        self.clips, self.maps = _folder("data.layout.clips", clips), set(maps or ())
        self.others = {**_named("data.layout.pictures", pictures), **_named("data.layout.maps", maps)}
        if not self.others:
            raise UserError(
                f"nothing is aligned with data.layout.clips={clips}: give 'data.layout.pictures={{low: <folder>}}' or "
                f"'data.layout.maps={{mask: <folder>}}', or data=folder data.root=<root>/{clips} for the clips alone"
            )
        if len(self.others) < len(pictures or ()) + len(maps or ()):
            raise UserError("data.layout.pictures and data.layout.maps have a name in common; give each its own")
        folders = [self.clips, *self.others.values()]
        if len({*folders}) < len(folders):
            raise UserError(f"data.layout names a folder twice ({', '.join(folders)}); give each its own")

    def published(self, root: Path) -> Splits:
        self._refuse_elsewhere(root)
        splits = split(root, self.clips)
        parts, found = (splits.train, splits.val, splits.test), self._found(root)
        each = {source: _with(found, source) for part in parts for source in part}  # one, though in two splits
        return Splits(*([each[source] for source in part] for part in parts), note=splits.note)

    def scored(self, root: Path) -> list[Source]:
        self._refuse_elsewhere(root)
        found = self._found(root)
        sources = [_with(found, source) for source in scored(root, self.clips)]
        self._open(root, sources)
        return sources

    def misfits(self, splits: Splits) -> Iterable[tuple[Source, str]]:
        return differently_aligned([*splits.train, *splits.val, *splits.test])

    def _homes(self, root: Path) -> Iterator[Path]:
        """Where the folders lie side by side."""
        return (home for home in (root, *(root / name for name in NAMES)) if (home / self.clips).exists())

    def _refuse_elsewhere(self, root: Path) -> None:
        if root.exists() and not any(self._homes(root)):
            raise UserError(f"data.root={root}: has no folder {self.clips}; set data.layout.clips to that of the clips")

    def _found(self, root: Path) -> dict[Path, dict[str, Source]]:
        """What is aligned with each clip, by the clip's path.

        Raises:
            UserError: a folder, or a clip in it, is missing or has no counterpart; it names the first.
        """
        found: dict[Path, dict[str, Source]] = {}
        for home in self._homes(root):
            clips = _by_name(home / self.clips)
            found |= {source.path: {} for source in clips.values()}
            for name, folder in self.others.items():
                if not (home / folder).exists():
                    raise UserError(f"{home / folder}: there is no such folder; name the one of {name}")
                for clip, other in _counterparts(clips, home / self.clips, home / folder):
                    found[clip.path][name] = Grey(other) if name in self.maps else other
        return found


def _with(found: Mapping[Path, Mapping[str, Source]], source: Source) -> Source:
    """A clip with what was found for it; of an excerpt, with the same frames of that."""
    if isinstance(source, Excerpt):
        return Excerpt(_with(found, source.source), source.start, source.stop)
    return Aligned(source, found[source.path])


def _by_name(place: Path) -> dict[str, FileSource]:
    """The clips below a place by what tells them apart there; of one that is a clip itself, nothing does."""
    return {"" if source.path == place else source.name: source for source in discover(place)}


def _counterparts(
    clips: Mapping[str, FileSource], place: Path, beside: Path
) -> Iterator[tuple[FileSource, FileSource]]:
    """Each clip with the one of its name beside.

    Raises:
        UserError: there is none, or one too many.
    """
    others = _by_name(beside)
    for name, clip in clips.items():
        if name not in others:
            raise UserError(f"{clip.path}: {beside} holds no clip of this name; add it, or take the clip away")
        yield clip, others[name]
    for name, other in others.items():
        if name not in clips:
            raise UserError(f"{other.path}: {place} holds no clip of this name; add it, or take this one away")


def _named(key: str, folders: Any) -> dict[str, str]:
    """
    Raises:
        UserError: these are no folders by names that can be asked for.
    """
    if folders is None:
        return {}
    if not isinstance(folders, Mapping):
        raise UserError(f"{key}={folders}: expected folders by name, e.g. '{key}={{low: lq}}'")
    for name in folders:
        if not str(name).isidentifier() or name in _TAKEN:
            raise UserError(f"{key}.{name}: expected a name of letters that is none of {', '.join(_TAKEN)}")
    return {name: _folder(f"{key}.{name}", folder) for name, folder in folders.items()}


def _folder(key: str, folder: Any) -> str:
    """
    Raises:
        UserError: this is not the name of a folder below the root.
    """
    if not isinstance(folder, str) or not folder or Path(folder).is_absolute() or {".", ".."} & {*folder.split("/")}:
        raise UserError(f"{key}={folder}: expected the name of a folder below data.root, as text")
    return folder
