"""Reading configurations that came with a run or a file: within limits, and as the values that they are.

What is recorded is resolved already. An interpolation in it could only ask for what belongs to this machine, such as
an environment variable, so it is refused and never followed.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vidgan.errors import UserError

MOST_BYTES = 1_000_000
MOST_VALUES = 20_000  # after every alias is followed
MOST_LEVELS = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a terminal obeys; no value has any
_SEAL = "# crc32 "
#: Ten times as fast as the one in Python, and there may be hundreds of runs.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path, owner: str | None = None) -> str:
    """The text of a YAML file that is safe to load: neither large nor deep, however often it repeats itself.

    Args:
        path: of the file.
        owner: the run that it should be of, if it says of which; None for any.

    Raises:
        UserError: it cannot be read, goes beyond a limit, or is not what was sealed.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: has more than {MOST_BYTES:,} bytes; it is no configuration of a run or protocol.")
        text = path.read_text(encoding="utf-8")
        _refuse_excess(text, path)
        head, _, rest = text.partition("\n")
        whose = head.partition(" of ")[2]
        if head.startswith(_SEAL) and text != sealed(rest, whose):
            raise UserError(f"{path} is not as it was written: put back a copy of it, or remove its first line.")
        if head.startswith(_SEAL) and owner not in (None, whose):
            raise UserError(f"{path} is of another run, {whose}; put back that of {owner}.")
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unreadable(path, error) from error
    return text


def sealed(text: str, owner: str) -> str:
    """The text of a run's file after a comment with its checksum and the run, which :func:`read_text` holds it to."""
    return f"{_SEAL}{zlib.crc32((owner + text).encode()):08x} of {owner}\n{text}"


def read_plain(path: Path, owner: str | None = None) -> dict[str, Any]:
    """The content of a YAML file as plain containers; interpolations stay the text that they are.

    Args:
        path, owner: as of :func:`read_text`.

    Raises:
        UserError: as of :func:`read_text`, or it holds no keys and values.
    """
    text = read_text(path, owner)
    try:
        content = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except (OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(content, dict) or not content or not all(isinstance(key, str) for key in content):
        raise UserError(f"{path}: cannot be read as YAML (there are no keys and values in it).")
    return {str(key): value for key, value in content.items()}


def read_values(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file as they are, for a look at many: ten times as fast as :func:`read_plain`.

    Raises:
        UserError: as of :func:`read_plain`.
    """
    try:
        content = yaml.load(read_text(path), Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: cannot be read as YAML (there are no keys and values in it).")
    return content


def read_config(path: Path, owner: str | None = None) -> DictConfig:
    """The configuration in a YAML file, in which nothing is left to resolve.

    Args:
        path, owner: as of :func:`read_text`.

    Raises:
        UserError: as of :func:`read_plain`, or something is left to resolve.
    """
    return resolved(read_plain(path, owner), str(path))


def resolved(content: Mapping[str, Any], where: str) -> DictConfig:
    """Plain containers as a configuration in which nothing is left to resolve.

    Raises:
        UserError: something is left to resolve, or it is too large or too deep; the text says ``where``.
    """
    count = 0
    for count, (key, level, value) in enumerate(_values(content), start=1):
        if count > MOST_VALUES or level > MOST_LEVELS:
            raise UserError(f"{where}: is too large or too deep for a configuration.")
        if isinstance(value, str) and ("${" in value or value == "???"):
            raise UserError(
                f"{where}: {key} is {value!r}, and what comes with a run or a file is never resolved on this machine; "
                "write its value there."
            )
    try:
        return OmegaConf.create(dict(content))
    except (OmegaConfBaseException, ValueError, TypeError) as error:
        raise UserError(f"{where}: cannot be read as a configuration ({_line(error)}).") from error


def _values(content: Any) -> Iterator[tuple[str, int, Any]]:
    """Every value with its dotted key and level; a loop, because text can be nested deeper than calls."""
    left = [("", 0, content)]
    while left:
        key, level, value = left.pop()
        yield key, level, value
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        left += [(f"{key}.{name}" if key else str(name), level + 1, item) for name, item in items]


class _Counted:
    """What a YAML text would become, counted without making it: an alias is short to write and long to follow."""

    def __init__(self) -> None:
        self.values = 0
        self._depths = [0]  # levels within each open collection, outermost first
        self._starts: list[tuple[str | None, int]] = []
        self._anchors: dict[str, tuple[int, int]] = {}

    @property
    def levels(self) -> int:
        return len(self._starts) + self._depths[-1]

    def add(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            self._starts.append((event.anchor, self.values))
            self._depths.append(0)
            self.values += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._starts.pop()
            self._hold(anchor, self.values - before, self._depths.pop() + 1)
        elif isinstance(event, yaml.ScalarEvent):
            if _CONTROL.search(event.value):
                raise ValueError(f"a value holds control characters: {event.value!r}")
            self.values += 1
            self._hold(event.anchor, 1, 1)
        elif isinstance(event, yaml.AliasEvent):
            values, depth = self._anchors.get(event.anchor or "", (MOST_VALUES, 0))  # within itself: without end
            self.values += values
            self._hold(None, values, depth)

    def _hold(self, anchor: str | None, values: int, depth: int) -> None:
        self._depths[-1] = max(self._depths[-1], depth)
        if anchor is not None:
            self._anchors[anchor] = values, depth


def _refuse_excess(text: str, path: Path) -> None:
    counted = _Counted()
    for event in yaml.parse(text, Loader):
        counted.add(event)
        if counted.values > MOST_VALUES or counted.levels > MOST_LEVELS:
            raise UserError(
                f"{path}: holds more than {MOST_VALUES:,} values or {MOST_LEVELS} levels, aliases followed; it is no "
                "configuration of a run or protocol."
            )


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: cannot be read as YAML ({_line(error)}).")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
