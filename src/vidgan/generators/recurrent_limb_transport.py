"""A picture of a person and a sequence of poses to a video of the person, frame after frame with a memory."""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.blocks import conv3x3
from vidgan.generators.encoders.base import Encoder
from vidgan.generators.limb_transport import LIMBS, capsules, limb_shares, scene_behind
from vidgan.generators.limbs import features_along, pixels_of_limbs
from vidgan.generators.memories.base import Memory, State
from vidgan.generators.pose_unet import PoseUNet, mixture

_RADIUS = 2.5 / 64  # of a limb, in heights of the frame
_COLOR = 3


class RecurrentLimbTransport(nn.Module):
    """Own design, for training in minutes on a CPU, of parts that are chosen by configuration.

    What each limb looks like (the encoder's features along it, its color, its pixels) is carried to where the limb is
    in each target pose; a U-Net, told the poses and with a memory at a quarter of the size, paints what is missing.
    Every output pixel is a mixture of a painted color, the limb's carried color, the limb's moved pixels and the
    scene behind the person: clothes stay sharp and the background stays still.

    Args:
        encoder: features of the source.
        embedding: called with a number of channels, makes what turns poses into features of half the size.
        memory: called with a number of channels, makes the model of time; None makes each frame by itself.
        features: that a limb carries beside its color.
        channels: width of the U-Net at full size; twice and three times that at a half and a quarter.

    Attributes:
        temporal: ``"causal"``, a frame depends on the poses up to its own.
    """

    temporal: ClassVar[Literal["causal"]] = "causal"

    def __init__(
        self,
        encoder: Encoder,
        embedding: Callable[[int], nn.Module],
        memory: Callable[[int], Memory] | None,
        features: int = 12,
        channels: int = 24,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.features = features
        self.exchange = nn.Linear(len(LIMBS) * (sum(encoder.widths) + _COLOR), len(LIMBS) * features)
        self.source_pose, self.target_pose = embedding(2 * channels), embedding(2 * channels)
        self.enter = conv3x3(features + 3 * _COLOR, channels)
        self.unet = PoseUNet(channels, _COLOR + 4, memory)

    def forward(
        self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor, scene: Tensor | None = None
    ) -> Tensor:
        """A whole clip; see :meth:`stream`."""
        return self.stream(source, source_keypoints, target_keypoints, scene=scene)[0]

    def stream(
        self,
        source: Tensor,
        source_keypoints: Tensor,
        target_keypoints: Tensor,
        state: State | None = None,
        scene: Tensor | None = None,
    ) -> tuple[Tensor, State | None]:
        """The next frames of a video.

        Args:
            source: (B, 1, 3, H, W) in [0, 1].
            source_keypoints: (B, 1, 18, 2) as (x, y) in pixels, missing ones NaN.
            target_keypoints: (B, T, 18, 2), likewise.
            state: what the call for the frames before has returned; None starts a video.
            scene: (B, 1, 3, H, W) in [0, 1], what is behind the person; None makes it up from the source.

        Returns:
            (B, T, 3, H, W) in [0, 1], or a little beyond while it trains; and the state after the last frame.
        """
        picture, points, frames = 2 * source[:, 0] - 1, source_keypoints[:, 0], target_keypoints.shape[1]
        height, width = picture.shape[-2:]
        poses = target_keypoints.flatten(0, 1)
        place = capsules(poses, LIMBS, _RADIUS * height, height, width)
        shares = limb_shares(place).unflatten(0, (-1, frames))
        looks = torch.einsum("btlhw,blc->btchw", shares, self._looks(source[:, 0], points)).flatten(0, 1)
        moved = torch.einsum("btlhw,btlchw->btchw", shares, pixels_of_limbs(picture, points, target_keypoints))
        behind = scene_behind(picture, points) if scene is None else 2 * scene[:, 0] - 1
        moved, behind = moved.flatten(0, 1), _repeated(behind, frames)
        x = F.relu(self.enter(torch.cat([looks, moved, behind], dim=1)))
        pose = _repeated(self.source_pose(points, height, width), frames) + self.target_pose(poses, height, width)
        made, state = self.unet(x, pose, frames, state)
        return mixture(made, place, [looks[:, -_COLOR:], moved], behind).unflatten(0, (-1, frames)), state

    def _looks(self, picture: Tensor, points: Tensor) -> Tensor:
        """What each limb looks like, (B, limbs, features + 3): mixed among limbs, for hidden ones, and its color."""
        height, width = picture.shape[-2:]
        maps = [*self.encoder(picture), 2 * picture - 1]
        found = torch.cat([features_along(each, points, height, width) for each in maps], dim=-1)
        exchanged = self.exchange(found.flatten(1)).unflatten(1, (len(LIMBS), self.features))
        return torch.cat([exchanged, found[..., -_COLOR:]], dim=-1)


def _repeated(x: Tensor, frames: int) -> Tensor:
    """(B, ...) to (B * T, ...)."""
    return x[:, None].expand(-1, frames, *x.shape[1:]).flatten(0, 1)
