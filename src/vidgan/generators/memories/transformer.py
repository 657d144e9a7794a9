"""Causal attention over time (Vaswani et al. 2017), at each place of a small feature map by itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.memories.base import Memory, State


class TemporalBlock(nn.Module):
    """Pre-norm attention over the last ``window`` frames, then an MLP; both are added to what they are given.

    Distance in time enters as a learned bias for each head (Shaw et al. 2018; T5), so that clips may be of any length.
    """

    def __init__(self, channels: int, heads: int, window: int, expansion: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.project = nn.Linear(channels, channels)
        self.lag_bias = nn.Parameter(torch.zeros(heads, window))
        self.mlp = nn.Sequential(
            nn.Linear(channels, expansion * channels), nn.GELU(), nn.Linear(expansion * channels, channels)
        )

    def forward(self, x: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """
        Args:
            x: (N, T, C), a sequence for each place.
            past: (N, P, 2 C) keys and values of the frames before, the last window - 1 at most; None where none are.
        """
        normed = self.norm1(x)
        remembered = self.key_value(normed)
        if past is not None:
            remembered = torch.cat([past, remembered], dim=1)
        query = self._by_head(self.query(normed))
        key, value = (self._by_head(part) for part in remembered.chunk(2, dim=-1))
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=self._bias(x.shape[1], key.shape[2]))
        x = x + self.project(attended.transpose(1, 2).flatten(2))
        kept = remembered[:, max(0, remembered.shape[1] - self.window + 1) :]
        return x + self.mlp(self.norm2(x)), kept

    def _by_head(self, x: Tensor) -> Tensor:
        """(N, T, C) to (N, heads, T, C / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _bias(self, queries: int, keys: int) -> Tensor:
        """(heads, queries, keys): the last query is at the last key; minus infinity outside of the window."""
        device = self.lag_bias.device
        lag = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(keys, device=device)
        bias = self.lag_bias[:, lag.clamp(0, self.window - 1)]
        return bias.masked_fill((lag < 0) | (lag >= self.window), -torch.inf)


class TemporalTransformer(Memory):
    """Blocks of causal attention; each place of the map looks back over its own past.

    The maps should be small: a place costs as much as a sequence.

    Args:
        channels: of the features, a multiple of ``heads``.
        blocks: how many.
        heads: of the attention.
        window: frames that are looked at, the present one included.
        expansion: width of the MLPs in ``channels``.
    """

    def __init__(self, channels: int, blocks: int = 2, heads: int = 4, window: int = 16, expansion: int = 2) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TemporalBlock(channels, heads, window, expansion) for _ in range(blocks))

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The state is, of each block, keys and values (B, h * w, P, 2 C) of at most window - 1 frames."""
        batch, frames, channels, height, width = x.shape
        tokens = x.permute(0, 3, 4, 1, 2).reshape(-1, frames, channels)
        kept = []
        for index, block in enumerate(self.blocks):
            tokens, past = block(tokens, None if state is None else state[index].flatten(0, 1))
            kept.append(past.unflatten(0, (batch, -1)))
        return tokens.view(batch, height, width, frames, channels).permute(0, 3, 4, 1, 2), tuple(kept)
