"""Limb transport: what each limb looks like in the source is carried to where the limb is in the target pose."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.blocks import conv3x3
from vidgan.generators.pose import PoseGenerator
from vidgan.generators.pose_unet import PoseUNet, mixture

#: Pairs of OpenPose's 18 points: legs, arms, head and three lines over the trunk.
LIMBS = ((8, 9), (9, 10), (11, 12), (12, 13), (2, 3), (3, 4), (5, 6), (6, 7), (0, 1), (2, 8), (5, 11), (2, 11))
_JOINTS = tuple((point, point) for point in range(18))

# Radii in heights of the frame: well inside a limb where its look is gathered, all of it where it is put.
_GATHERED, _PUT = 1.5 / 64, 2.5 / 64
_REMOVED = 7.5 / 64  # around a limb, to be sure that nothing of the person is left
_SHARPNESS, _NOWHERE = 8.0, 2.0  # of the softmax over limbs: a limb's logit at its axis, and that of no limb


def capsules(keypoints: Tensor, pairs: tuple[tuple[int, int], ...], radius: float, height: int, width: int) -> Tensor:
    """Soft capsules (N, len(pairs), H, W) in [0, 1] between pairs of key points (N, K, 2); missing points draw nothing.

    Half of the value is reached ``radius`` pixels from the axis.
    """
    ends = keypoints[:, torch.tensor(pairs, device=keypoints.device)]
    present = ends.isfinite().all(-1).all(-1)[..., None, None]
    start, stop = ends.nan_to_num()[..., None, None, :].unbind(2)
    y = torch.arange(height, device=keypoints.device, dtype=keypoints.dtype)[:, None]
    x = torch.arange(width, device=keypoints.device, dtype=keypoints.dtype)
    (dx, dy), (x0, y0) = (stop - start).unbind(-1), start.unbind(-1)
    along = (((x - x0) * dx + (y - y0) * dy) / (dx**2 + dy**2 + 1e-6)).clamp(0, 1)
    distance = torch.sqrt((x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2 + 1e-6)
    return torch.sigmoid(2 * (radius - distance)) * present


def limb_shares(place: Tensor) -> Tensor:
    """How much of each pixel belongs to each limb, (N, limbs, H, W), of :func:`capsules`; what is left is no limb's."""
    nowhere = torch.full_like(place[:, :1], _NOWHERE)
    return torch.cat([_SHARPNESS * place, nowhere], dim=1).softmax(1)[:, :-1]


def filled(picture: Tensor, known: Tensor) -> Tensor:
    """A picture (N, C, H, W) whose pixels with ``known`` (N, 1, H, W) of 0 are made up from those around.

    Means over ever larger squares, interpolated (Gortler et al. 1996, "The lumigraph", section 3.4: pull and push).
    """
    if min(picture.shape[-2:]) < 2:
        return picture
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    smaller = F.avg_pool2d(picture * known, 2, ceil_mode=True) / (weight + 1e-6)
    below = filled(smaller, (4 * weight).clamp(max=1))
    around = F.interpolate(below, size=picture.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(around, picture, known)


def scene_behind(picture: Tensor, keypoints: Tensor) -> Tensor:
    """A picture (N, C, H, W) without the person at the key points (N, 18, 2); see :func:`filled`."""
    height, width = picture.shape[-2:]
    removed = capsules(keypoints, LIMBS, _REMOVED * height, height, width).amax(1, keepdim=True)
    return filled(picture, 1 - removed)


class LimbTransport(PoseGenerator):
    """Gathers features along each source limb, lays them along the target's, and paints with a small U-Net.

    Own design, for training in minutes on a CPU: the long way from source to target limb, which convolutions learn
    slowly, is given. Every output pixel is a mixture of the carried color, of the scene behind the source's person,
    made up from its surroundings, and of a painted color.

    Args:
        features: learned features that a limb carries beside its mean color.
        channels: width of the U-Net at full size; twice and three times that at a half and a quarter.
    """

    def __init__(self, features: int = 12, channels: int = 24) -> None:
        super().__init__()
        self.features = features
        self.encoder = nn.Sequential(conv3x3(3, features), nn.ReLU(), conv3x3(features, features))
        self.exchange = nn.Linear(len(LIMBS) * (features + 3), len(LIMBS) * features)
        self.enter = nn.Sequential(conv3x3(features + 6, channels), nn.ReLU(), conv3x3(channels, channels), nn.ReLU())
        self.where = conv3x3(2 * len(LIMBS) + len(_JOINTS), 2 * channels)
        self.unet = PoseUNet(channels, 3 + 3)

    def pose(self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor) -> Tensor:
        height, width = source.shape[-2:]
        centred = 2 * source - 1
        origin = capsules(source_keypoints, LIMBS, _GATHERED * height, height, width)
        place = capsules(target_keypoints, LIMBS, _PUT * height, height, width)
        joints = capsules(target_keypoints, _JOINTS, _GATHERED * height, height, width)
        carried = self._put(self._gather(centred, origin), place)
        scene = scene_behind(centred, source_keypoints)
        x = self.enter(torch.cat([carried, scene], dim=1))
        # The maps of limbs and joints are smooth: half of the size holds them.
        maps = F.adaptive_avg_pool2d(torch.cat([place, origin, joints], dim=1), (-(-height // 2), -(-width // 2)))
        made, _ = self.unet(x, self.where(maps))
        return mixture(made, place, [carried[:, -3:]], scene)

    def _gather(self, centred: Tensor, origin: Tensor) -> Tensor:
        """What each limb looks like, (N, limbs, features + 3): mixed among limbs, for hidden ones, and its color."""
        weights = origin.flatten(2)
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-6)
        maps = torch.cat([self.encoder(centred), centred], dim=1)
        looks = torch.einsum("nlp,ncp->nlc", weights, maps.flatten(2))
        exchanged = self.exchange(looks.flatten(1)).unflatten(1, (len(LIMBS), self.features))
        return torch.cat([exchanged, looks[..., -3:]], dim=-1)

    def _put(self, looks: Tensor, place: Tensor) -> Tensor:
        """Each pixel's look (N, features + 3, H, W): that of the limbs there, zero away from all."""
        return torch.einsum("nlhw,nlc->nchw", limb_shares(place), looks)
