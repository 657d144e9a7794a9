"""A video with holes to one without."""

from collections.abc import Callable
from os import fspath
from pathlib import Path
from typing import Any, cast

from vidgan.errors import UserError
from vidgan.generators.inpainter import Inpainter
from vidgan.inference.batch import jobs_of
from vidgan.inference.clips import processed
from vidgan.inference.holes import Marked, marked_by_name
from vidgan.inference.inputs import Input
from vidgan.inference.outputs import refuse_inputs
from vidgan.inference.trained import Trained
from vidgan.inference.video_options import encoding
from vidgan.tasks.inpainting.options import Options


def inpaint(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Fills the holes of a video, a picture or a folder of pictures; returns the path of what was written.

    Args:
        input: what is there.
        output: what is written: a video or a picture by its suffix, a folder of pictures without one. Outside of holes
            it is as the input bit for bit, where it is coded without loss (``codec=ffv1``, pictures).
        trained: a network that fills holes.
        options: further ones of :class:`~vidgan.tasks.inpainting.options.Options`, by name; ``mask`` is needed.

    Raises:
        UserError: the input, the mask, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`inpaint`, of a command line."""
    network = trained.network
    if not isinstance(network, Inpainter):
        raise UserError(f"{type(network).__name__} fills no holes; choose a network that does, e.g. propagation_blend.")
    holes = Marked(options.mask, options.tolerance, options.dilate)
    refuse_inputs(Path(options.output), *holes.files)
    of_each = _of_each(holes, options)
    return processed(lambda given: (network, of_each(given).marked(given)), trained, options)


def _of_each(holes: Marked, options: Options) -> Callable[[Input], Marked]:
    """What marks the holes of an input: of several videos and a folder, what is there under their names."""
    clips = [job.given for job in jobs_of(Path(options.input), Path(options.output), encoding(options))]
    if clips == [Path(options.input)] or not any(path.is_dir() for path in holes.files):
        return lambda given: holes
    masks = marked_by_name(holes, clips)
    return lambda given: masks[cast(Path, given.path)]
