"""The convolutional LSTM (Shi et al. 2015, "Convolutional LSTM network"), without its peepholes, as is usual."""

import torch
from torch import Tensor, nn

from vidgan.generators.memories.base import Memory, State


class ConvLSTM(Memory):
    """``c = f c + i tanh(g)``, ``h = o tanh(c)`` with gates that are convolutions of frame and ``h``; both start at 0.

    The forget gate's bias starts at 1 (Jozefowicz et al. 2015), so that the cell keeps what it has seen.

    Args:
        channels: of the features, of the state and of the cell.
        kernel: side of all filters.
    """

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.given = nn.Conv2d(channels, 4 * channels, kernel, padding="same")
        self.remembered = nn.Conv2d(channels, 4 * channels, kernel, padding="same", bias=False)
        assert self.given.bias is not None
        nn.init.ones_(self.given.bias.data[channels : 2 * channels])

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The state is ``(h, c)``, each (B, C, h, w)."""
        hidden, cell = state or (torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0]))
        given = self.given(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        made = []
        for of_frame in given.unbind(1):
            entering, kept, shown, new = (of_frame + self.remembered(hidden)).chunk(4, dim=1)
            cell = torch.sigmoid(kept) * cell + torch.sigmoid(entering) * torch.tanh(new)
            hidden = torch.sigmoid(shown) * torch.tanh(cell)
            made.append(hidden)
        return torch.stack(made, dim=1), (hidden, cell)
