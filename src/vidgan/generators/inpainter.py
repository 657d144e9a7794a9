"""What every inpainter promises: holes are filled, and nothing else is touched."""

import torch
from torch import Tensor

from vidgan.generators.base import Generator, Made


class Inpainter(Generator):
    """A network that fills the holes of clips; a subclass writes :meth:`fill`.

    What is outside of holes comes out bit for bit as it went in.
    """

    scale = 1
    temporal = "bidirectional"
    hole_map = True

    def fill(self, low: Tensor) -> Tensor:
        """What is to be in holes: of (B, T, 4, H, W), RGB in [0, 1] and the map of holes, makes (B, T, 3, H, W)."""
        raise NotImplementedError

    def forward(self, low: Tensor) -> Made:
        """The clip without holes, and beside it as ``filled`` what the network makes of all of it."""
        filled = self.fill(low)
        return {"fake": torch.where(low[:, :, 3:] > 0, filled.to(low.dtype), low[:, :, :3]), "filled": filled}
