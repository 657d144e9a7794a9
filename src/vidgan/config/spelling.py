"""Arguments as they are meant: texts that Hydra's grammar would take for numbers, and ``~`` for the home folder."""

import re
from pathlib import Path
from typing import Any

from vidgan.config.schema_check import takes_text

#: What Hydra reads as another value than it writes: 1.10 as 1.1, 2024_05 as 202405, 1e5 as 100000.0, true as True.
_NUMBER = re.compile(r"[+-]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)(e[+-]?\d+)?|[+-]?inf|nan|true|false", re.IGNORECASE)
_HOME = re.compile(r"(['\"]?)(~[^'\"]*)\1")
#: Arguments of the classes of data that are texts.
_TEXTS = ("data.root", "data.video", "data.poses")


def as_meant(argument: str, schema: Any) -> str:
    """An override of a command line as Hydra has to be given it; others as they are.

    Args:
        argument: e.g. ``name=1.10`` or ``data.root=~/videos``.
        schema: the dataclass of the command's root.
    """
    key, _, value = argument.partition("=")
    name = key.lstrip("+")
    if found := _HOME.fullmatch(value):
        return f"{key}={_quoted(_at_home(found[2]))}"
    if _NUMBER.fullmatch(value) and (name in _TEXTS or takes_text(schema, name)):
        return f"{key}={_quoted(value)}"
    return argument


def _at_home(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError:  # there is no such user
        return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'") if "'" in text else text
    return f"'{escaped}'"
