"""The convolutional gated recurrent unit (Ballas et al. 2016, "Delving deeper into convolutional networks")."""

import torch
from torch import Tensor, nn

from vidgan.generators.memories.base import Memory, State


class ConvGRU(Memory):
    """``h = (1 - z) h + z tanh(W x + U (r h))`` with convolutions for the products; the state starts at zero.

    What depends on the frames alone is computed for all of them at once.

    Args:
        channels: of the features and of the state.
        kernel: side of all filters.
    """

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.given = nn.Conv2d(channels, 3 * channels, kernel, padding="same")
        self.gates = nn.Conv2d(channels, 2 * channels, kernel, padding="same", bias=False)
        self.candidate = nn.Conv2d(channels, channels, kernel, padding="same", bias=False)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The state is ``h`` (B, C, h, w)."""
        (hidden,) = state or (torch.zeros_like(x[:, 0]),)
        given = self.given(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        made = []
        for of_gates, of_candidate in zip(
            given[:, :, : 2 * x.shape[2]].unbind(1), given[:, :, 2 * x.shape[2] :].unbind(1), strict=True
        ):
            update, reset = torch.sigmoid(of_gates + self.gates(hidden)).chunk(2, dim=1)
            hidden = torch.lerp(hidden, torch.tanh(of_candidate + self.candidate(reset * hidden)), update)
            made.append(hidden)
        return torch.stack(made, dim=1), (hidden,)
