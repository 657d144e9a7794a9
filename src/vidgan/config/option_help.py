"""What ``vidgan-predict --help`` prints: the options of a task from the dataclass that declares them."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from inspect import cleandoc
from textwrap import fill
from typing import Any, get_type_hints

from vidgan.config import options
from vidgan.config.command_schemas import PredictConfig
from vidgan.config.schema_check import expected, shown
from vidgan.config.task_parts import known_tasks, needed, options_of
from vidgan.limits import MOST

_WIDTH = 100  # columns
_ANY_NUMBER = re.compile(rf" from ([\d,]+) to {MOST:,}")
_ENTRY = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {8}.*)*)", re.MULTILINE)


def tasks_told() -> str:
    """A line for each task: its name, what its use makes, and the options that have to be given."""
    lines = ["What is asked for depends on the task that a run was trained for:"]
    for name, target in known_tasks():
        asked = options_of(target)
        given = " ".join(f"{part.name}=..." for part in fields(asked) if needed(part))
        lines += [f"  {name}: {given}", f"      {first_line(asked)}"]
    return "\n".join(lines)


def options_told(asked: type) -> str:
    """The options of a task, what they mean, may be and are by default, then those of every use.

    Args:
        asked: a dataclass that documents its fields under ``Attributes:``.
    """
    given = " ".join(f"{part.name}=..." for part in fields(asked) if needed(part))
    own = sorted(fields(asked), key=lambda part: not needed(part))
    common = [part for part in fields(PredictConfig) if part.name in ("run", "weights")]
    lines = [first_line(asked), "", f"vidgan-predict run=<id> {given}", ""]
    lines += [*_entries(own, asked), "", "Of every use:", *_entries(common, PredictConfig)]
    lines += [_entry("machine=auto", f"where it is computed: {', '.join(options.names('machine'))}")]
    lines += ["", "vidgan-predict ... --cfg job prints all keys with their values, machine.* and paths.* among them."]
    return "\n".join(lines)


def documented(asked: type) -> dict[str, str]:
    """What the docstrings of a dataclass and those that it extends say of their fields under ``Attributes:``."""
    found: dict[str, str] = {}
    for kind in reversed(asked.__mro__):
        _, _, attributes = cleandoc(kind.__doc__ or "").partition("Attributes:\n")
        for names, text in _ENTRY.findall(attributes):
            found |= dict.fromkeys(names.split(", "), " ".join(text.replace("``", "").split()).rstrip("."))
    return found


def _entries(parts: "list[Field[Any]]", asked: type) -> Iterator[str]:
    told, hints = documented(asked), get_type_hints(asked)
    for part in parts:
        group, option = str(part.metadata.get("group")), part.metadata.get("option")
        default = option if option is not None else shown(part.default if part.default is not MISSING else None)
        text = told.get(part.name, "")
        if option is not None:
            names = options.names(group.partition("@")[0])
            text += f": {', '.join(name for name in names if name not in part.metadata['without'])}"
        elif "rule" in part.metadata or hints[part.name] is bool:
            rule = _ANY_NUMBER.sub(r", \1 or more", expected(hints[part.name], part))
            text += f"; {rule.removesuffix(', or null') if 'null' in text else rule}"
        yield _entry(f"{part.name}=..." if needed(part) else f"{part.name}={default}", text)


def _entry(name: str, text: str) -> str:
    return fill(f"{name:<24} {text}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 27)


def first_line(asked: type) -> str:
    return cleandoc(asked.__doc__ or "").partition("\n")[0]
