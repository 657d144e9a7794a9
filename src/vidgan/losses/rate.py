"""What a coded clip costs and what it is worth, weighed against each other as each clip asks."""

from torch import Tensor, nn


class Rate(nn.Module):
    """Mean bits a pixel; ``bits`` (B, T) are those of each frame of ``real`` (B, T, C, H, W)."""

    def forward(self, bits: Tensor, real: Tensor) -> Tensor:
        return bits.mean() / (real.shape[-2] * real.shape[-1])


class Distortion(nn.Module):
    """Mean over clips of the squared difference in 8-bit levels, times the clip's ``tradeoff`` (B,).

    With :class:`Rate` it is the Lagrangian of rate and distortion (Balle et al. 2018, equation 3, and the weights of
    CompressAI, ``lambda * 255^2 * MSE``).
    """

    def forward(self, fake: Tensor, real: Tensor, tradeoff: Tensor) -> Tensor:
        errors = (255 * (fake.float() - real)).square().flatten(1).mean(1)
        return (tradeoff * errors).mean()
