"""The degradation "BI" of the literature."""

from torch import Tensor

from vidgan.degradations.base import Degradation, quantized
from vidgan.errors import UserError
from vidgan.ops.resize import resize


class Bicubic(Degradation):
    """The degradation "BI" of the literature: bicubic shrinking by MATLAB's ``imresize``.

    Args:
        scale: shrinking factor.
        quantize: round to 8 bits, as the published low-resolution sets, which are PNG files, are.
    """

    sees = "frame"

    def __init__(self, scale: int = 4, quantize: bool = True) -> None:
        super().__init__()
        self.scale = scale
        self.quantize = quantize

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        height, width = frames.shape[-2:]
        if min(height, width) < self.scale:
            raise UserError(f"frames of {width} x {height} pixels cannot be shrunk x{self.scale}; choose other data.")
        low = resize(frames, (height // self.scale, width // self.scale))
        return quantized(low) if self.quantize else low.clamp(0, 1)
