"""Clips to clips: how a network is used that makes frames of frames, and any network of which nothing else is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vidgan.engine.optimization import channels_last
from vidgan.errors import UserError
from vidgan.generators.base import Generator, as_generator
from vidgan.inference.inputs import Input
from vidgan.inference.options import ClipOptions
from vidgan.inference.placing import in_place
from vidgan.inference.processing import process
from vidgan.inference.streaming import stream
from vidgan.inference.tiling import Tiled
from vidgan.inference.trained import Trained


def use(trained: Trained, options: ClipOptions) -> Path:
    """What a network makes of a video, a picture or a folder of them; returns the path of what was written.

    Args:
        trained: a network from clips (B, T, 3, H, W) in [0, 1] to clips (B, T, 3, s * H, s * W).
        options: what is read and written.

    Raises:
        UserError: the network, the input, the output or an option is at fault; nothing half-written is left.
    """
    generator = as_generator(trained.network)
    if generator.in_channels > 3:
        raise UserError("The network asks for a map beside the frames, and its task does not say how it is made.")
    return processed(lambda given: (generator, given), trained, options)


def processed(prepare: Callable[[Input], tuple[Generator, Input]], trained: Trained, options: ClipOptions) -> Path:
    """Writes what a generator makes of each input; returns the path.

    Args:
        prepare: the generator for an input, and the input, of which it may have looked at frames.
        trained: how it is computed.
        options: what is read and written.

    Raises:
        UserError: as of :func:`vidgan.inference.processing.process`.
    """

    def work(given: Input) -> Input:
        generator, given = prepare(given)
        channels_last(generator)
        used = generator if options.tile is None else Tiled(generator, options.tile)
        items = in_place(
            given.items, lambda frames: stream(used, frames, options.chunk, options.context, trained.precision)
        )
        return replace(given, items=items)

    return process(Path(options.input), Path(options.output), work, options, trained.progress)
