"""What every discriminator promises, and the frame-wise ones share."""

from torch import Tensor, nn

# Logits alone, or with the intermediate features.
Verdict = Tensor | tuple[Tensor, list[Tensor]]


class FrameDiscriminator(nn.Module):
    """A discriminator for images, applied to each frame by itself; a subclass writes :meth:`judge`."""

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, ...) of images (N, C, H, W), and the activations of each stage, shallow to deep."""
        raise NotImplementedError

    def forward(self, frames: Tensor, return_features: bool = False) -> Verdict:
        """Judges clips (B, T, C, H, W) in [0, 1]; the logits' first dimension is B * T."""
        logits, features = self.judge(frames.flatten(0, 1))
        return (logits, features) if return_features else logits
