"""A coded video to one without the artifacts of its coding."""

from os import fspath
from pathlib import Path
from typing import Any

from vidgan.console import say
from vidgan.errors import UserError
from vidgan.generators.base import Generator, as_generator
from vidgan.inference.clips import processed
from vidgan.inference.inputs import Input
from vidgan.inference.maps import WithMap
from vidgan.inference.trained import Trained
from vidgan.ops.quality_map import with_quality_map
from vidgan.tasks.artifact_removal.options import Options
from vidgan.video.quality import told_quality


def remove_artifacts(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Removes the artifacts of a video's compression; returns the path of what was written.

    Args:
        input: what is there.
        output: what is written: a video or a picture by its suffix, a folder of pictures without one.
        trained: a generator; one that asks for the codec's rate factor is told ``crf``, or what the stream says.
        options: further ones of :class:`~vidgan.tasks.artifact_removal.options.Options`, by name.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`remove_artifacts`, of a command line."""
    generator = as_generator(trained.network)
    return processed(lambda given: (_told(generator, given, options.crf), given), trained, options)


def _told(generator: Generator, given: Input, crf: float | None) -> Generator:
    """The generator, told how coarsely its frames were coded if it asks.

    Raises:
        UserError: it asks and nobody knows, or it is told and does not ask.
    """
    if not generator.quality_map:
        if crf is not None:
            raise UserError(f"crf={crf:g}: the generator does not ask for a rate factor; leave it out.")
        return generator
    if crf is None:
        if given.video is None:
            raise UserError("crf is not set, and pictures do not tell how they were coded; give crf=<0 to 51>.")
        quality = told_quality(given.video.path)
        say(f"{quality.how}; crf=... sets another")
        crf = quality.crf
    return WithMap(generator, lambda low: with_quality_map(low, crf))
