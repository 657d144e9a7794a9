"""A generator of key points over time: the correction to a filtered track, from the raw one and its confidences."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_MEDIAN, _SIGMA = 5, 1.0  # of the filter that is corrected
_REACH = 4  # frames that its Gaussian looks ahead and back
_FAR, _NEAR = 100.0, 10.0  # pixels that are 1 to the network: of places in the body, and of changes


def median_gaussian(tracks: Tensor) -> Tensor:
    """Tracks (B, T, ...) after a running median of 5 frames and a Gaussian of sigma 1; their ends are repeated."""
    flat = tracks.flatten(2).transpose(1, 2)
    margin = (_MEDIAN // 2, _MEDIAN // 2)
    middle = F.pad(flat, margin, mode="replicate").unfold(-1, _MEDIAN, 1).median(-1).values
    steps = torch.arange(-_REACH, _REACH + 1, device=tracks.device, dtype=tracks.dtype)
    kernel = torch.exp(-steps.square() / (2 * _SIGMA**2))
    padded = F.pad(middle, (_REACH, _REACH), mode="replicate")
    smooth = F.conv1d(padded.flatten(0, 1)[:, None], (kernel / kernel.sum())[None, None])
    return smooth.view_as(flat).transpose(1, 2).reshape(tracks.shape)


class _Block(nn.Module):
    """Two convolutions over time beside a shortcut."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.plain = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.plain(F.relu(self.wide(F.relu(x))))


class PoseRefiner(nn.Module):
    """Detected key points (B, T, K, 3) as (x, y, confidence) in pixels to better ones (B, T, K, 2).

    The result is the track after a median and a Gaussian, plus what dilated convolutions over time and a GRU in both
    directions predict from the raw points and their confidences. It does not matter where the person stands, but how
    large it is: the network knows the size that it was trained on.

    Args:
        joints: K.
        channels: of the convolutions.
        blocks: of them; each looks twice as far as the one before.
        recurrent: state of the GRU in each direction; 0 for none.
    """

    def __init__(self, joints: int = 18, channels: int = 96, blocks: int = 4, recurrent: int = 48) -> None:
        super().__init__()
        self.head = nn.Conv1d(7 * joints, channels, 1)
        self.blocks = nn.Sequential(*(_Block(channels, 2**number) for number in range(blocks)))
        self.gru = nn.GRU(channels, recurrent, batch_first=True, bidirectional=True) if recurrent else None
        self.tail = nn.Conv1d(channels + 2 * recurrent, 2 * joints, 1)
        for parameter in self.tail.parameters():
            nn.init.zeros_(parameter)  # training starts at the filtered track

    def forward(self, detected: Tensor) -> Tensor:
        raw, confidence = detected[..., :2], detected[..., 2:]
        filtered = median_gaussian(raw)
        places = (filtered - filtered.mean(2, keepdim=True)) / _FAR
        speeds = F.pad(filtered.diff(dim=1), (0, 0, 0, 0, 1, 0)) / _NEAR
        given = torch.cat([(raw - filtered) / _NEAR, places, speeds, confidence], -1)
        x = self.blocks(self.head(given.flatten(2).transpose(1, 2)))
        if self.gru is not None:
            x = torch.cat([x, self.gru(x.transpose(1, 2))[0].transpose(1, 2)], 1)
        return filtered + _NEAR * self.tail(x).transpose(1, 2).reshape(filtered.shape)
