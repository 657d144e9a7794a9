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
_join = os.path.join  # which, unlike pathlib, does not take "" for "."


def is_path(key: str, value: Any, working: str = "") -> bool:
    """Whether a value means a file or a folder: two of its key, a slash in it and something of that name say so.

    A file of that name, suffix and all, says so alone: ``annotations=joints.json``.

    Args:
        key: dotted, of the value.
        value: any.
        working: the folder from which relative paths go; the process's own where it is empty.
    """
    if not isinstance(value, str) or not value or "://" in value:
        return False
    *above, last = [part for part in key.split(".") if not part.isdigit()]
    says_so = last.rpartition("_")[2] in _WORDS or bool(_BRANCHES & set(above))
    if not says_so and os.sep not in value:
        return "." in value.strip(".") and os.path.isfile(_join(working, value))  # noqa: PTH113 - as below
    there = os.path.exists(_join(working, value))  # noqa: PTH110 - Path.exists() fails for what is too long for a name
    return there or (says_so and os.sep in value)


def paths_in(node: Any, key: str = "") -> Iterator[tuple[str, Path]]:
    """Every path in plain containers, with its dotted key."""
    found: list[tuple[str, Path]] = []
    _mapped(node, key, "", lambda name, value: found.append((name, Path(value))))
    return iter(found)


def with_one_name(node: Any, folders: dict[str, str], working: str = "") -> Any:
    """Plain containers with each path under one name, the same on every machine where it can be.

    Args:
        node: the containers.
        folders: this machine's, by name. Paths below one are ``<paths.data>/...``; those below the folder that holds
            ``runs`` are relative to it; all others are absolute, without links.
        working: the folder from which relative paths go, those of ``folders`` too; the process's own where it is empty.
    """
    anchors = [(f"{_SIGN}{name}>/", _join(working, folder)) for name, folder in folders.items()]
    anchors.append(("", _join(working, folders["runs"], os.pardir)))
    return _mapped(node, "", working, lambda _, value: _name(value, anchors, working))


def _mapped(node: Any, key: str, working: str, change: Callable[[str, str], Any]) -> Any:
    if isinstance(node, dict):
        items = ((name, f"{key}.{name}" if key else str(name), value) for name, value in node.items())
        return {name: _mapped(value, place, working, change) for name, place, value in items}
    if isinstance(node, list):
        return [_mapped(value, f"{key}.{number}", working, change) for number, value in enumerate(node)]
    return change(key, node) if is_path(key, node, working) else node


def _name(value: str, anchors: list[tuple[str, str]], working: str) -> str:
    if value.startswith(_SIGN):
        return os.path.normpath(value)
    value = _join(working, value)
    # As it really is, so that a link and what it leads to are one; else as it is written, below a folder with a name.
    for place in (os.path.realpath, os.path.abspath):
        for sign, folder in anchors:
            inside = os.path.relpath(place(value), place(folder))
            if inside != os.pardir and not inside.startswith(os.pardir + os.sep):
                return os.path.normpath(sign + inside)
    return os.path.realpath(value)
