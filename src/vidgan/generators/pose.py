"""What every pose-transfer generator promises."""

from typing import ClassVar, Literal

from torch import Tensor, nn


class PoseGenerator(nn.Module):
    """A person's picture and target poses to the person in those poses; a subclass writes :meth:`pose`.

    Attributes:
        temporal: ``"frame"``, each pose by itself.
    """

    temporal: ClassVar[Literal["frame"]] = "frame"

    def pose(self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] of pictures of that shape and range, and key points (N, K, 2), those missing NaN."""
        raise NotImplementedError

    def forward(self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor) -> Tensor:
        """
        Args:
            source: (B, 1, 3, H, W) in [0, 1].
            source_keypoints: (B, 1, K, 2) as (x, y) in pixels.
            target_keypoints: (B, T, K, 2), likewise.

        Returns:
            (B, T, 3, H, W) in [0, 1], or a little beyond while it trains.
        """
        frames = target_keypoints.shape[1]
        pictures, points = (
            given.expand(-1, frames, *given.shape[2:]).flatten(0, 1) for given in (source, source_keypoints)
        )
        return self.pose(pictures, points, target_keypoints.flatten(0, 1)).unflatten(0, (-1, frames))
