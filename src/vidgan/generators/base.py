"""What every generator promises: the attributes that training, streaming and tiling read."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from vidgan.errors import UserError

_PIXELS = 1 << 20  # made at once, where gradients are not needed: 2 frames of 960 x 540, 1 of 1280 x 720

#: Attributes of a generator, true where its input has that further channel.
MAPS = ("noise_map", "hole_map", "quality_map")

Shapes = Mapping[str, tuple[int, ...]]
#: Frames (B, T, C, H, W), or these as ``fake`` beside all else that a network names, frame by frame: bits (B, T), a
#: depth map (B, T, 1, H, W), ...
Made = Tensor | dict[str, Tensor]


def frames_of(made: Made) -> Tensor:
    return made["fake"] if isinstance(made, dict) else made


def each_of(made: Made, function: Callable[[Tensor], Tensor]) -> Made:
    """The same with a function applied to each tensor."""
    return {name: function(part) for name, part in made.items()} if isinstance(made, dict) else function(made)


class PublishedNetwork(nn.Module):
    """A network that is told by its weights; a subclass that is published writes :meth:`recognise`.

    Attributes:
        aliases: (regular expression, replacement) pairs that turn other published key names into this network's.
        unused: beginnings of published keys for which the network has no use.
    """

    aliases: ClassVar[tuple[tuple[str, str], ...]] = ()
    unused: tuple[str, ...] = ()

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        """The arguments of the network that has these weights.

        Args:
            shapes: of a state dict's tensors by key, after ``aliases``.

        Raises:
            KeyError: a key that tells this network from others is not there.
        """
        raise KeyError(f"{cls.__name__} is not recognised by its keys")


class Generator(PublishedNetwork):
    """A network from low-resolution clips (B, T, C, h, w) to clips (B, T, C, scale * h, scale * w), RGB in [0, 1].

    What it makes beside frames it may name, see :data:`Made`; losses, metrics and discriminators are given it.

    Attributes:
        scale: enlargement factor.
        temporal: ``"frame"`` sees one frame at a time, ``"causal"`` the past, ``"window"`` a few frames on either side,
            ``"bidirectional"`` the whole clip.
        reach: frames that a window generator sees on either side.
        noise_map: its input has a further channel, the sigma of the noise in the units of the frames.
        hole_map: its input has a further channel, 1 in holes, where the frames are 0, and 0 elsewhere.
        quality_map: its input has a further channel, the rate factor that the frames were coded with, over 51.
        multiple: frames are padded inside to heights and widths that are multiples of it.
        radius: an output pixel depends on input pixels at most this far away; None where that is unbounded.
    """

    scale: int
    temporal: ClassVar[Literal["frame", "causal", "window", "bidirectional"]]
    reach: int = 0
    noise_map: bool = False
    hole_map: bool = False
    quality_map: bool = False
    multiple: int = 1

    @property
    def in_channels(self) -> int:
        """Of its input: colors and maps."""
        return 3 + sum(getattr(self, name) for name in MAPS)

    @property
    def radius(self) -> int | None:
        return None

    @property
    def context(self) -> int | None:
        """Frames on either side that a frame depends on, a memory aside; None where that is the whole clip."""
        return None if self.temporal == "bidirectional" else self.reach

    def proceed(self, low: Tensor, first: int, last: int, state: Any = None) -> tuple[Made, Any]:
        """The next frames of a video, ``first`` to ``last`` (exclusive) of those in ``low``, and the state after them.

        Args:
            low: (B, T, C, h, w), those frames with :attr:`context` more on either side, the ends of the video aside; of
                a bidirectional generator the result follows from all that is there.
            first, last: the new frames; they follow those of the call before.
            state: of a causal generator, what the call before gave; None starts a video.
        """
        match self.temporal:
            case "causal":
                made, state = self.stream(low[:, first:last], state)  # type: ignore[operator]  # a causal one has it
                return made, state
            case "window":
                return self.between(low, first, last), None  # type: ignore[operator]  # a window one has it
            case "frame":
                return self(low[:, first:last]), None
            case _:
                return each_of(self(low), lambda part: part[:, first:last]), None

    def proceed_in_parts(self, low: Tensor, first: int, last: int, state: Any = None) -> tuple[Made, Any]:
        """What :meth:`proceed` gives, of no more frames at once than make ``_PIXELS`` pixels, and one at least."""
        if self.temporal == "bidirectional":
            return self.proceed(low, first, last, state)
        length = max(1, _PIXELS // (low.shape[-2] * low.shape[-1] * self.scale**2))
        parts = []
        for start in range(first, last, length):
            made, state = self.proceed(low, start, min(start + length, last), state)
            parts.append(made)
        return _joined(parts), state


class FrameGenerator(Generator):
    """A network for images, applied to each frame by itself; a subclass writes :meth:`enlarge`."""

    temporal = "frame"

    def enlarge(self, images: Tensor) -> Made:
        """(N, C, h, w) to (N, C, scale * h, scale * w); what it names has N first."""
        raise NotImplementedError

    def forward(self, low: Tensor) -> Made:
        return each_of(self.enlarge(low.flatten(0, 1)), lambda part: part.unflatten(0, low.shape[:2]))


class CausalGenerator(Generator):
    """A network that carries a state from frame to frame; a subclass writes :meth:`stream`."""

    temporal = "causal"

    def stream(self, low: Tensor, state: Any = None) -> tuple[Made, Any]:
        """The next frames of a video and the state after them; None starts a video.

        Chunk by chunk gives the frames that the whole clip in one call gives.
        """
        raise NotImplementedError

    def forward(self, low: Tensor) -> Made:
        return self.stream(low)[0]


class WindowGenerator(Generator):
    """A network whose frame t depends on the frames t - reach to t + reach; a subclass writes :meth:`window`."""

    temporal = "window"

    def window(self, low: Tensor) -> Made:
        """(B, T, C, h, w) to (B, T - 2 * reach, C, scale * h, scale * w): the frames that have all they depend on."""
        raise NotImplementedError

    def between(self, low: Tensor, first: int, last: int) -> Made:
        """Frames ``first`` to ``last`` (exclusive) of what the whole clip gives.

        Where frames are missing at an end of the clip, those inside are mirrored at it (the frame at the end once).
        """
        wanted = range(first - self.reach, last + self.reach)
        if wanted.start < 0 or wanted.stop > low.shape[1]:
            low = low[:, [mirrored(index, low.shape[1]) for index in wanted]]
        else:
            low = low[:, wanted.start : wanted.stop]
        return self.window(low)

    def forward(self, low: Tensor) -> Made:
        return self.between(low, 0, low.shape[1])


class WholeClipGenerator(Generator):
    """Any network that makes clips of whole clips, used as a generator; it is taken to see every frame.

    Args:
        network: from (B, T, C, h, w) to (B, T, 3, scale * h, scale * w).
        scale: enlargement factor.
    """

    temporal = "bidirectional"

    def __init__(self, network: nn.Module, scale: int) -> None:
        super().__init__()
        self.network = network
        self.scale = scale
        for name in MAPS:
            setattr(self, name, getattr(network, name, False))

    def forward(self, low: Tensor) -> Tensor:
        return self.network(low)


def as_generator(network: nn.Module) -> Generator:
    """The network itself, or one of somebody else's class as a generator, if it makes clips of clips.

    Raises:
        UserError: given a small clip, it makes something else, or fails.
    """
    if isinstance(network, Generator):
        return network
    channels = 3 + sum(getattr(network, name, False) for name in MAPS)
    name, given = type(network).__name__, torch.zeros(1, 5, channels, 64, 64)
    wanted = "(B, T, 3, s * h, s * w) is to be made of (B, T, C, h, w)"
    try:
        with torch.inference_mode():
            made = frames_of(network(given))
    except Exception as error:  # whatever a foreign network raises
        told = str(error).strip().partition("\n")[0]
        raise UserError(
            f"{name} cannot be applied to videos: {wanted}, but it fails on {tuple(given.shape)} ({told})."
        ) from error
    scale = made.shape[-1] // 64 if isinstance(made, Tensor) and made.ndim == 5 else 0
    if scale == 0 or made.shape != (1, 5, 3, 64 * scale, 64 * scale):
        found = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
        raise UserError(f"{name} cannot be applied to videos: {wanted}, but of {tuple(given.shape)} it makes {found}.")
    return WholeClipGenerator(network, scale)


def mirrored(index: int, length: int) -> int:
    """The place in ``range(length)`` of an index beyond its ends, mirrored at them as often as needed.

    Examples: for a length of 4, -2 -1 0 ... 3 4 5 are 2 1 0 ... 3 2 1.
    """
    period = max(1, 2 * (length - 1))
    index %= period
    return min(index, period - index)


def numbered(shapes: Shapes, pattern: str) -> int:
    """How many parts there are, by the highest number that ``pattern``'s group finds in the keys.

    Raises:
        KeyError: there is none.
    """
    numbers = [int(match[1]) for key in shapes if (match := re.search(pattern, key))]
    if not numbers:
        raise KeyError(pattern)
    return max(numbers) + 1


def _joined(parts: list[Made]) -> Made:
    """Parts that follow each other in time."""
    if isinstance(parts[0], dict):
        return {name: torch.cat([part[name] for part in parts], dim=1) for name in parts[0]}  # type: ignore[index]  # all are as the first
    return torch.cat([frames_of(part) for part in parts], dim=1)
