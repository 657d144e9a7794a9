"""What networks promise that make frames between two."""

from typing import Any, ClassVar, NamedTuple

from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.base import PublishedNetwork


class Between(NamedTuple):
    """A frame between two, and how it was made.

    Attributes:
        frame: (B, 3, H, W) RGB, about [0, 1].
        flow: (B, 4, H, W) in pixels, from the made frame to the first (x, y) and to the second.
        weight: (B, 1, H, W) in [0, 1], the share of the first frame.
    """

    frame: Tensor
    flow: Tensor
    weight: Tensor


class Interpolator(PublishedNetwork):
    """A network from two frames and a time between them to the frame of that time; a subclass writes :meth:`between`.

    Attributes:
        any_time: whether it makes frames of any time; else of the middle alone, and others by halving.
        multiple: frames are padded to heights and widths that are multiples of it, and more where motion is looked for
            in smaller frames.
        taught: whether it is shown the true frame in training, see :meth:`learn`.
    """

    any_time: ClassVar[bool] = True
    multiple: int = 1
    taught: bool = False

    def forward(self, first: Tensor, second: Tensor, time: Tensor, scale: float = 1) -> Between:
        """
        Args:
            first, second: (B, 3, H, W) RGB in [0, 1], of any size.
            time: (B,) between 0, the first frame, and 1, the second.
            scale: size of the frames in which motion is looked for; 0.5 for those of 4K.
        """
        height, width = first.shape[-2:]
        first, second = self._padded(first, second, scale=scale)
        made = self.between(first, second, time.view(-1, 1, 1, 1), scale)
        return Between(*(part[..., :height, :width] for part in made))

    def learn(self, first: Tensor, second: Tensor, time: Tensor, truth: Tensor) -> dict[str, Any]:
        """What one that is :attr:`taught` makes in training.

        Args:
            first, second, time: as of :meth:`forward`.
            truth: (B, 3, H, W), the frame to be made.

        Returns:
            ``frame`` and ``flow`` as of :class:`Between`, and what its own losses ask for, by name: tensors with B
            first, and lists of them.
        """
        raise NotImplementedError

    def _padded(self, *frames: Tensor, scale: float = 1) -> list[Tensor]:
        """Frames with sides that are multiples."""
        (height, width), multiple = frames[0].shape[-2:], round(self.multiple / scale)
        return [F.pad(frame, (0, -width % multiple, 0, -height % multiple)) for frame in frames]

    def between(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Between:
        """:meth:`forward`, of frames whose sides are multiples, and times (B, 1, 1, 1)."""
        raise NotImplementedError


def resized(frames: Tensor, factor: float) -> Tensor:
    """(B, C, H, W) bilinearly to ``factor`` times the height and width."""
    return frames if factor == 1 else F.interpolate(frames, scale_factor=factor, mode="bilinear", align_corners=False)
