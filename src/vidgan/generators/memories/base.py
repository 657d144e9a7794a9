"""What every model of time promises, so that a generator can choose one by configuration."""

from torch import Tensor, nn

#: What is remembered between two parts of a clip: tensors with B first.
State = tuple[Tensor, ...]


class Memory(nn.Module):
    """Maps features over time to features of the same shape, each a function of the past and the present alone.

    Part by part, with the state handed on, gives what the whole clip in one call gives.
    """

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """
        Args:
            x: (B, T, C, h, w).
            state: what the call for the frames before has returned; None starts a clip.

        Returns:
            (B, T, C, h, w), and the state after the last frame.
        """
        raise NotImplementedError
