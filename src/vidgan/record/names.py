"""What runs, tasks and evaluations are called: names that are also names of folders."""

import re
from pathlib import Path

from omegaconf import DictConfig

from vidgan.errors import UserError

LONGEST = 100  # characters; file systems take 255, and a run id adds a hash, a temporary file its process
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_ID = re.compile(r"-[0-9a-f]{8}(-r\d+)?$")
_REVISION = re.compile(r"-r\d+$")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def checked_name(name: str, key: str) -> str:
    """The name, if a folder can have it and it leads nowhere else.

    Raises:
        UserError: it cannot; the sentence names ``key``.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        shown = name if name.isprintable() else repr(name)
        shown = shown if len(name) <= LONGEST else f"{shown[:20]}... ({len(name)} characters)"
        raise UserError(
            f"{key}={shown} is to be the name of a folder: give up to {LONGEST} letters, digits and . _ -, no dot "
            f"first."
        )
    return name


def slug(text: str) -> str:
    """What :func:`checked_name` takes, of any text: what is not allowed becomes ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:LONGEST].strip("._") or "unnamed"


def task_name(target: str) -> str:
    """What a task is called, of its ``_target_``: ``any.module.SuperResolution`` is ``super_resolution``."""
    return _HUMPS.sub("_", target.rpartition(".")[2]).lower()


def run_name(config: DictConfig) -> str:
    """``name``, and of data that is not vidgan's own what that is called: ``quickstart-my_videos``.

    Raises:
        UserError: ``name`` is no name of a folder.
    """
    name = checked_name(config.name, "name")
    data = config.data.get("root") or config.data.get("video")
    if data is None:
        return name
    path = Path(data).resolve()
    if path.is_relative_to(Path(config.paths.assets).resolve()):
        return name
    return f"{name}-{slug(path.stem if path.is_file() else path.name)}"[:LONGEST]


def base_id(run_id: str) -> str:
    """The id without its revision: ``quickstart-1a2b3c4d`` of ``quickstart-1a2b3c4d-r2``."""
    return _REVISION.sub("", run_id)


def name_of(run_id: str) -> str:
    """The name within a run id: ``quickstart`` of ``quickstart-1a2b3c4d-r2``."""
    return _ID.sub("", run_id)
