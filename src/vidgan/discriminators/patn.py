"""PATN's two discriminators (Zhu et al. 2019, section 3.3), of one make; the published keys."""

from torch import Tensor, nn

from vidgan.discriminators.blocks import with_activations
from vidgan.discriminators.pairs import PairDiscriminator, Partner
from vidgan.generators.patn import SIGMA, PATNNorm, entrance, two_convolutions
from vidgan.pose.maps import gaussian_maps


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int, norm: PATNNorm) -> None:
        super().__init__()
        self.conv_block = two_convolutions(channels, channels, norm)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class PATNDiscriminator(PairDiscriminator):
    """Is it the same person (partner ``"source"``), or that pose (``"pose"``)? Every feature of the last block votes.

    Args:
        partner: what a frame is judged beside.
        channels: width at full size; 64 is published.
        blocks: residual blocks at a quarter of the size; 3 are published.
        norm: ``"batch"`` for Market-1501, ``"instance"`` for DeepFashion.
    """

    def __init__(
        self, partner: Partner = "source", channels: int = 64, blocks: int = 3, norm: PATNNorm = "batch"
    ) -> None:
        super().__init__(partner)
        residual = [_ResidualBlock(4 * channels, norm) for _ in range(blocks)]
        self.model = nn.Sequential(*entrance(self.inputs, channels, norm), *residual)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.02)

    def maps(self, keypoints: Tensor, size: tuple[int, int]) -> Tensor:
        return gaussian_maps(keypoints, size, SIGMA)

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 4 channels, H / 4, W / 4) of pairs (N, inputs, H, W), and the features at each of three sizes."""
        return with_activations(self.model, images, nn.ReLU)
