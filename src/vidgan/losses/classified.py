"""An adversarial loss of a discriminator that also tells the class (AC-GAN, Odena et al. 2017; as MoCoGAN trains)."""

from torch import Tensor, nn
from torch.nn import functional as F


class Classified(nn.Module):
    """Of logits (B, 1 + classes, ...): the first is the verdict, the others are of the classes, with cross entropy.

    The generator is to make clips of the class that it was asked for; the discriminator learns classes of real clips
    alone, so that it does not learn what the generator takes for one.

    Args:
        verdict: an adversarial loss that the generator's side asks for made logits alone, e.g. ``Vanilla``.
        weight: of the cross entropy, on both sides.
    """

    def __init__(self, verdict: nn.Module, weight: float = 1.0) -> None:
        super().__init__()
        self.verdict, self.weight = verdict, weight

    def generator(self, fake_logits: Tensor, label: Tensor) -> Tensor:
        loss: Tensor = self.verdict.generator(fake_logits[:, :1])  # type: ignore[operator]  # adversarial losses have it
        return loss + self.weight * _cross_entropy(fake_logits, label)

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor, label: Tensor) -> Tensor:
        loss: Tensor = self.verdict.discriminator(real_logits[:, :1], fake_logits[:, :1])  # type: ignore[operator]
        return loss + self.weight * _cross_entropy(real_logits, label)

    def accuracy(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        shares: tuple[Tensor, Tensor] = self.verdict.accuracy(real_logits[:, :1], fake_logits[:, :1])  # type: ignore[operator]
        return shares


def _cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    each = logits[:, 1:].float().flatten(2)
    return F.cross_entropy(each, label[:, None].expand(-1, each.shape[-1]))
