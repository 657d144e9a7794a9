"""A noisy video to a clean one."""

from os import fspath
from pathlib import Path
from typing import Any

from vidgan.console import say
from vidgan.errors import UserError
from vidgan.generators.base import Generator, as_generator
from vidgan.inference.clips import processed
from vidgan.inference.inputs import Input
from vidgan.inference.noise import SAMPLE, WithNoiseMap, estimate_noise
from vidgan.inference.trained import Trained
from vidgan.tasks.denoising.options import Options


def denoise(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Removes the noise of a video, a picture or a folder of pictures; returns the path of what was written.

    Args:
        input: what is there.
        output: what is written: a video or a picture by its suffix, a folder of pictures without one.
        trained: a generator; one that asks for a map of the noise is told ``sigma``, or what is estimated.
        options: further ones of :class:`~vidgan.tasks.denoising.options.Options`, by name.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`denoise`, of a command line."""
    generator = as_generator(trained.network)
    return processed(lambda given: _informed(generator, given, options.sigma), trained, options)


def _informed(generator: Generator, given: Input, sigma: float | None) -> tuple[Generator, Input]:
    """The generator, told how noisy its frames are if it asks, and the frames.

    Raises:
        UserError: a level is given that the generator does not ask for.
    """
    if not generator.noise_map:
        if sigma is not None:
            raise UserError(f"sigma={sigma}: the generator does not ask for a noise level; leave it out.")
        return generator, given
    if sigma is not None:
        return WithNoiseMap(generator, sigma / 255), given
    estimated, given = estimate_noise(given)
    say(f"noise level {255 * estimated:.1f} of 255, estimated from the first {SAMPLE} frames; sigma=... sets another")
    return WithNoiseMap(generator, estimated), given
