"""Which values of a configuration are paths, and one name for each path, however it is written."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Last words of keys whose texts are paths, e.g. ``data.root`` and ``annotation_file``.
_WORDS = {"root", "path", "paths", "file", "files", "folder", "dir", "directory"}
_WORDS |= {"weights", "backbone", "video", "videos", "poses", "list", "csv"}
#: Keys below which all texts are paths.
_BRANCHES = {"warm_start"}
_SIGN = "<paths."  # begins the names of this machine's folders


def is_path(key: str, value: Any) -> bool:
    """Whether a value means a file or a folder: two of its key, a slash in it and something of that name say so."""
    if not isinstance(value, str) or not value or "://" in value:
        return False
    *above, last = [part for part in key.split(".") if not part.isdigit()]
    says_so = last.rpartition("_")[2] in _WORDS or bool(_BRANCHES & set(above))
    return (says_so or os.sep in value) and ((says_so and os.sep in value) or Path(value).exists())


def paths_in(node: Any, key: str = "") -> Iterator[tuple[str, Path]]:
    """Every path in plain containers, with its dotted key."""
    found: list[tuple[str, Path]] = []
    _mapped(node, key, lambda name, value: found.append((name, Path(value))))
    return iter(found)


def with_one_name(node: Any, folders: dict[str, str]) -> Any:
    """Plain containers with each path under one name, the same on every machine where it can be.

    Args:
        node: the containers.
        folders: this machine's, by name. Paths below one are ``<paths.data>/...``; those below the folder that holds
            ``runs`` are relative to it; all others are absolute, without links.
    """
    anchors = [(f"{_SIGN}{name}>/", folder) for name, folder in folders.items()]
    anchors.append(("", os.path.join(folders["runs"], os.pardir)))  # noqa: PTH118 - not resolved
    return _mapped(node, "", lambda _, value: _name(value, anchors))


def _mapped(node: Any, key: str, change: Callable[[str, str], Any]) -> Any:
    if isinstance(node, dict):
        return {name: _mapped(value, f"{key}.{name}" if key else str(name), change) for name, value in node.items()}
    if isinstance(node, list):
        return [_mapped(value, f"{key}.{number}", change) for number, value in enumerate(node)]
    return change(key, node) if is_path(key, node) else node


def _name(value: str, anchors: list[tuple[str, str]]) -> str:
    if value.startswith(_SIGN):
        return os.path.normpath(value)
    # As it really is, so that a link and what it leads to are one; else as it is written, below a folder with a name.
    for place in (os.path.realpath, os.path.abspath):
        for sign, folder in anchors:
            inside = os.path.relpath(place(value), place(folder))
            if inside != os.pardir and not inside.startswith(os.pardir + os.sep):
                return os.path.normpath(sign + inside)
    return os.path.realpath(value)
