"""Arguments as they are meant: texts that Hydra's grammar would take for numbers, and ``~`` for the home folder."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from vidgan.config.schema_check import takes_text
from vidgan.limits import REQUIRED

#: What Hydra reads as another value than it writes: 1.10 as 1.1, 2024_05 as 202405, 1e5 as 100000.0, true as True.
_NUMBER = re.compile(r"[+-]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)(e[+-]?\d+)?|[+-]?inf|nan|true|false", re.IGNORECASE)
_HOME = re.compile(r"(['\"]?)(~[^'\"]*)\1")


#: Keys that name files or folders, by their last part, and those below which all do.
_PATHS = frozenset(
    {
        "input",
        "output",
        "reference",
        "driving",
        "preview",
        "video",
        "poses",
        "masks",
        "mask",
        "root",
        "run",
        "weights",
        "protocol",
    }
)
_BELOW = ("paths.", "warm_start.")
#: What is the same in quotes and without, for Hydra and for people.
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)
_SWEEP = re.compile(r"(choice|range|interval|glob|shuffle|sort|extend_list)\(.*\)", re.DOTALL)


def as_meant(argument: str, schema: Any, sweeps: bool = False) -> str:
    """An override of a command line as Hydra has to be given it; others as they are.

    The name of a file is taken as it is written, whatever signs of Hydra's grammar are in it: ``a,b.mp4``,
    ``Bunny (1080p) [HR].mp4``, ``it's.mp4``.

    Args:
        argument: e.g. ``name=1.10`` or ``data.root=~/videos``.
        schema: the dataclass of the command's root.
        sweeps: whether commas may stand between the values of a sweep; they do where no file has such a name.
    """
    key, _, value = argument.partition("=")
    name = key.lstrip("+")
    if found := _HOME.fullmatch(value):
        return f"{key}={_quoted(_at_home(found[2]))}"
    if _NUMBER.fullmatch(value) and (_names_file(name) or takes_text(schema, name)):
        return f"{key}={_quoted(value)}"
    if (_names_file(name) or _is_required_text(schema, name)) and _is_bare(value, sweeps):
        return f"{key}={_quoted(_at_home(value))}"
    return argument


def _names_file(name: str) -> bool:
    return name.rpartition(".")[2] in _PATHS or name.startswith(_BELOW)


def _is_required_text(schema: Any, name: str) -> bool:
    """Whether a value is a text that has to be given: in the options of a task, what is read and what is written."""
    return any(part.name == name and part.type is str and part.default == REQUIRED for part in fields(schema))


def _is_bare(value: str, sweeps: bool) -> bool:
    """Whether a value is a name that Hydra would not read as it is written."""
    if value in ("", "null", "???") or _PLAIN.fullmatch(value) or "${" in value:
        return False
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return False
    is_there = Path(value).expanduser().exists()
    if value.startswith("[") and value.endswith("]"):
        return is_there
    return is_there or not (sweeps and ("," in value or _SWEEP.fullmatch(value)))


def _at_home(path: str) -> str:
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:  # there is no such user
        return path


def _quoted(text: str) -> str:
    """In quotes of Hydra's: backslashes are doubled where they stand before a quote, and there alone."""
    quote = '"' if "'" in text and '"' not in text else "'"
    escaped = re.sub(rf"(\\*){quote}", lambda found: 2 * found[1] + "\\" + quote, text)
    ending = len(escaped) - len(escaped.rstrip("\\"))
    return f"{quote}{escaped}{ending * chr(92)}{quote}"
