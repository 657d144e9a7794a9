"""JPEG compression on the device."""

from kornia.enhance import jpeg_codec_differentiable
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.degradations.draws import Range, between


class JPEG(Degradation):
    """Codes every frame as JPEG, with one quality for all frames of a clip.

    kornia's codec, batched and on the device: it rounds coefficients softly, so that gradients pass, which makes its
    errors about an eighth smaller than libjpeg's, in the same places.

    Args:
        quality: range of the quality, 1 to 100.
    """

    sees = "frame"

    def __init__(self, quality: Range = (30.0, 95.0)) -> None:
        super().__init__()
        self.quality = quality

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        quality = between(seeds, "jpeg quality", self.quality).flatten().repeat_interleave(frames.shape[1])
        return jpeg_codec_differentiable(frames.flatten(0, 1).clamp(0, 1), quality).view_as(frames)
