"""Generators as ONNX graphs of any height and width, compared with the network before they are kept."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.generators.base import CausalGenerator, FrameGenerator, Generator, WindowGenerator, frames_of

TOLERANCE = 1e-4  # of the largest value: a fortieth of an 8-bit level
_TRACED, _CHECKED = (24, 32), ((16, 48), (40, 24))  # heights and widths, multiples of what any network pads to


@dataclass(frozen=True)
class Graph:
    """A file that was written.

    Attributes:
        inputs, outputs: names and shapes, in order.
        difference: the largest between the graph's outputs and the network's on sizes other than the traced one, as a
            part of the largest value.
    """

    path: Path
    inputs: list[str]
    outputs: list[str]
    difference: float


@dataclass(frozen=True)
class _Part:
    """What becomes one graph: a module that takes and gives tensors alone, and how to make its inputs for a size."""

    module: nn.Module
    inputs: Callable[[int, int], tuple[Tensor, ...]]
    path: Path


class _Frame(nn.Module):
    """Images (1, C, h, w) to images (1, 3, scale * h, scale * w)."""

    def __init__(self, network: FrameGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> Tensor:
        return frames_of(self.network.enlarge(frames))


class _Window(nn.Module):
    """Frames (1, 2 * reach + 1, C, h, w) to the one in their middle (1, 3, scale * h, scale * w)."""

    def __init__(self, network: WindowGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> Tensor:
        return frames_of(self.network.window(frames))[:, 0]


class _Step(nn.Module):
    """A frame (1, C, h, w) and the state's tensors, none for the first frame, to a frame and the state after it."""

    def __init__(self, network: CausalGenerator, structure: pytree.TreeSpec | None = None) -> None:
        super().__init__()
        self.network = network
        self.structure = structure

    def forward(self, frames: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        before = None if self.structure is None else pytree.tree_unflatten(state, self.structure)
        made, after = self.network.stream(frames[:, None], before)
        return frames_of(made)[:, 0], *pytree.tree_leaves(after)


def write_onnx(network: Generator, out: Path) -> list[Graph]:
    """Writes the network's graphs; nothing is left of those that do not compute what the network computes.

    A frame network is one graph of an image (1, C, h, w), a window network one of (1, 2 * reach + 1, C, h, w). A causal
    network is two: ``<name>_first.onnx`` for a video's first frame, and ``out`` for every other, with the state. Height
    and width are multiples of the network's ``multiple``.

    Args:
        network: in evaluation mode, in float32, on the CPU.
        out: ends in ``.onnx``.

    Raises:
        UserError: the network sees the whole clip, an operator has no ONNX form, or a graph differs.
    """
    return [_written(part, network) for part in _parts(network, out)]


def graphs(network: nn.Module, out: Path) -> list[Path]:
    """The files that :func:`write_onnx` writes."""
    return [_first(out), out] if isinstance(network, CausalGenerator) else [out]


def _first(out: Path) -> Path:
    return out.with_stem(f"{out.stem}_first")


def _parts(network: Generator, out: Path) -> list[_Part]:
    channels = network.in_channels

    def image(height: int, width: int) -> tuple[Tensor, ...]:
        return (torch.rand(1, channels, height, width),)

    if isinstance(network, FrameGenerator):
        return [_Part(_Frame(network), image, out)]
    if isinstance(network, WindowGenerator):
        shape = (1, 2 * network.reach + 1, channels)
        return [_Part(_Window(network), lambda height, width: (torch.rand(*shape, height, width),), out)]
    if isinstance(network, CausalGenerator):
        first = _Step(network)
        with torch.no_grad():
            _, state = network.stream(torch.rand(1, 1, channels, *_TRACED))

        def image_and_state(height: int, width: int) -> tuple[Tensor, ...]:
            with torch.no_grad():
                return *image(height, width), *first(*image(height, width))[1:]

        later = _Step(network, pytree.tree_structure(state))
        return [_Part(first, image, _first(out)), _Part(later, image_and_state, out)]
    raise UserError(
        f"{type(network).__name__} sees a whole clip at once, forward and backward, which is no ONNX graph for videos "
        "of any length; export it as .safetensors, or choose a frame, window or causal network."
    )


def _written(part: _Part, network: Generator) -> Graph:
    traced = part.inputs(*_TRACED)
    with replacing(part.path) as temporary:
        try:
            with _quiet():
                torch.onnx.export(
                    part.module,
                    traced,
                    temporary,
                    input_names=_names("frames", traced),
                    output_names=_names("made", pytree.tree_leaves(part.module(*traced))),
                    dynamic_shapes=_dynamic(part, network.multiple),
                    dynamo=True,
                    external_data=False,
                    verbose=False,
                )
        except torch.onnx.OnnxExporterError as error:
            reason = str(error.__cause__ or error).strip().splitlines()[0]
            raise UserError(
                f"{type(network).__name__} has no ONNX form ({reason}); export it as .safetensors."
            ) from error
        return _checked(part, temporary)


def _names(first: str, values: Any) -> list[str]:
    """Names of a frame and of the state's tensors: ``frames, state1, ...`` or ``made, next_state1, ...``."""
    prefix = "state" if first == "frames" else "next_state"
    return [first, *(f"{prefix}{number}" for number in range(1, len(values)))]


def _dynamic(part: _Part, multiple: int) -> Any:
    """For each input, which axes are the height and the width, as multiples of the network's."""
    height, width = torch.export.Dim("height"), torch.export.Dim("width")
    axes = []
    for value in part.inputs(*_TRACED):
        factor = value.shape[-2] // _TRACED[0]  # the state may hold enlarged frames
        axes.append(
            {value.ndim - 2: _times(factor * multiple, height), value.ndim - 1: _times(factor * multiple, width)}
        )
    frames, *state = axes
    return (frames, tuple(state)) if state else (frames,)


def _times(factor: int, size: Any) -> Any:
    return size if factor == 1 else factor * size


def _checked(part: _Part, path: Path) -> Graph:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    difference = 0.0
    for size in _CHECKED:
        given = part.inputs(*size)
        found = session.run(None, dict(zip(names, (value.numpy() for value in given), strict=True)))
        with torch.no_grad():
            expected = pytree.tree_leaves(part.module(*given))
        pairs = zip(found, expected, strict=True)
        difference = max(difference, *(_difference(torch.from_numpy(a), b) for a, b in pairs))
    if difference > TOLERANCE:
        raise UserError(
            f"{part.path} was not kept: its graph differs from the network by {difference:.1e} of its values."
        )
    described = [[f"{n.name} {n.shape}" for n in nodes] for nodes in (session.get_inputs(), session.get_outputs())]
    return Graph(part.path, described[0], described[1], difference)


def _difference(found: Tensor, expected: Tensor) -> float:
    """The largest, as a part of the largest value, or of 1 where all are smaller."""
    return float((found - expected).abs().max() / expected.abs().max().clamp(min=1))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's advice on packages and operators that are not used here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
