"""A video to one of several times the size."""

from os import fspath
from pathlib import Path
from typing import Any

from vidgan.inference import clips
from vidgan.inference.trained import Trained
from vidgan.tasks.super_resolution.options import Options


def upscale(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Enlarges a video, a picture or a folder of pictures; returns the path of what was written.

    Args:
        input: what is there.
        output: what is written: a video or a picture by its suffix, a folder of pictures without one.
        trained: a generator; how many times it enlarges is its own.
        options: further ones of :class:`~vidgan.tasks.super_resolution.options.Options`, by name.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`upscale`, of a command line."""
    return clips.use(trained, options)
