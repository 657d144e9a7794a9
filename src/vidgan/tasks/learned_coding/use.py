"""A video to a file of the codec's own, and such a file to a video."""

from os import fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vidgan.errors import UserError
from vidgan.generators.fixed_codec import FixedCodec
from vidgan.generators.transform_codec import TransformCodec
from vidgan.inference.inputs import Input
from vidgan.inference.own_format import OwnFormat
from vidgan.inference.processing import process
from vidgan.inference.trained import Trained
from vidgan.tasks.learned_coding.container import SUFFIX
from vidgan.tasks.learned_coding.files import CodedWriter, open_coded
from vidgan.tasks.learned_coding.options import Options
from vidgan.tasks.learned_coding.symbols import refuse_without_library


def code(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Codes a video as a .vgc, or decodes one; returns the path of what was written.

    Args:
        input: a video, a picture or a folder of pictures; or a .vgc.
        output: a .vgc; or a video or a picture by its suffix, a folder of pictures without one.
        trained: a codec; the same that coded a .vgc decodes it.
        options: further ones of :class:`~vidgan.tasks.learned_coding.options.Options`, by name.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`code`, of a command line."""
    network, given, out = trained.network, Path(options.input), Path(options.output)
    if not isinstance(network, TransformCodec):
        raise UserError(f"{type(network).__name__} is no codec; choose a network that is, e.g. transform_codec.")
    if (given.suffix.lower() == SUFFIX) == (out.suffix.lower() == SUFFIX):
        raise UserError(f"input={given} output={out}: one of them is a {SUFFIX}; the other a video or pictures.")
    rate = network.rates // 2 if options.rate is None else options.rate
    if rate >= network.rates:
        raise UserError(f"rate={rate}: expected one of those of this codec, 0 to {network.rates - 1}.")
    refuse_without_library()
    codec = FixedCodec(network)
    with TemporaryDirectory(prefix="vidgan-") as name:
        folder = Path(name)

        def writer(path: Path, made: Input) -> CodedWriter:
            return CodedWriter(path, codec, rate, options.keyframes, made, options.sound, folder)

        own = OwnFormat(SUFFIX, lambda path, reading: open_coded(path, codec, reading, folder), writer)
        return process(given, out, lambda made: made, options, trained.progress, own)
