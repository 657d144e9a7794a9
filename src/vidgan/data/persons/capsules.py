"""Persons drawn as capsules, with what there is to know of each picture."""

import colorsys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidgan.data.persons.gait import HEAD, MID_HIP, NECK, Floats


class Part(NamedTuple):
    """A capsule between two points, of a radius in body heights; ``left`` parts are shaded."""

    name: str
    start: int
    stop: int
    radius: float
    clothes: str
    left: bool


PARTS = (
    Part("right thigh", 8, 9, 0.048, "trousers", False),
    Part("right shank", 9, 10, 0.040, "boots", False),
    Part("left thigh", 11, 12, 0.048, "trousers", True),
    Part("left shank", 12, 13, 0.040, "boots", True),
    Part("trunk", NECK, MID_HIP, 0.085, "shirt", False),
    Part("right upper arm", 2, 3, 0.035, "sleeves", False),
    Part("right forearm", 3, 4, 0.031, "skin", False),
    Part("left upper arm", 5, 6, 0.035, "sleeves", True),
    Part("left forearm", 6, 7, 0.031, "skin", True),
    Part("head", HEAD, HEAD, 0.066, "skin", False),
)
#: The left part that belongs to each right one.
LEFT_OF = {0: 2, 1: 3, 5: 7, 6: 8}
LEFT_SHADE = 0.75  # so that left and right confused show
_STRIPES, _STRIPE = 6, 0.18  # of the shirt: how many, and how much darker or lighter than its mean


@dataclass(frozen=True)
class Identity:
    """What one person always looks like, and where.

    Attributes:
        palette: (len(PARTS), 3) RGB in [0, 1], the mean color of each part.
        background: (H, W, 3) RGB in [0, 1], smooth.
    """

    palette: Floats
    background: NDArray[np.float32]

    @staticmethod
    def draw(random: np.random.Generator, height: int, width: int) -> "Identity":
        """Saturated clothes, a tone of skin, and a background of soft colors."""
        clothes = {
            name: np.array(colorsys.hsv_to_rgb(*random.uniform((0, 0.55, 0.55), 1)))
            for name in ("shirt", "trousers", "boots", "sleeves")
        }
        clothes["shirt"] /= 1 + _STRIPE  # its light stripes stay below 1
        clothes["skin"] = np.array((0.95, 0.78, 0.65)) * random.uniform(0.45, 1)
        palette = np.array([clothes[part.clothes] * (LEFT_SHADE if part.left else 1) for part in PARTS])
        rows, columns = (_between(size) for size in (height, width))
        colors = 0.35 + 0.35 * random.uniform(0.1, 0.9, (3, 4, 4))
        background = np.moveaxis(rows @ colors @ columns.T, 0, -1)
        return Identity(palette, np.ascontiguousarray(background, np.float32))


class DrawnPerson(NamedTuple):
    """A drawn person.

    Attributes:
        frame: (H, W, 3) uint8 RGB.
        keypoints: (18, 2) float32 (x, y) in pixels, OpenPose's order; integer coordinates are centres of pixels. They
            may lie outside of the frame.
        parts: (H, W) int16, the index in PARTS of what is seen, or -1 for the background.
    """

    frame: NDArray[np.uint8]
    keypoints: NDArray[np.float32]
    parts: NDArray[np.int16]


def placed(points: Floats, height: int, width: int) -> Floats:
    """Points (POINTS, 3) in body heights, as the viewer sees them, as (x, y, nearness) in pixels.

    The person is in the middle of the frame, about 0.85 of its height tall when standing.
    """
    flat = points * (0.85 * height)
    middle = (flat[:, :2].min(0) + flat[:, :2].max(0)) / 2
    flat[:, :2] += np.array(((width - 1) / 2, (height - 1) / 2)) - middle
    return flat


def draw(identity: Identity, points: Floats) -> DrawnPerson:
    """A person at these (POINTS, 3) points, see :func:`placed`, nearer parts over farther ones."""
    height, width = identity.background.shape[:2]
    image, parts = identity.background.copy(), np.full((height, width), -1, np.int16)
    nearness = [points[part.start, 2] + points[part.stop, 2] for part in PARTS]
    for index in np.argsort(nearness):
        part = PARTS[index]
        radius = part.radius * 0.85 * height
        box, along, distance = _capsule(points[part.start, :2], points[part.stop, :2], radius, height, width)
        image[box] += (radius + 0.5 - distance).clip(0, 1)[..., None] * (_color(identity, index, along) - image[box])
        parts[box][distance < radius - 0.2] = index
    return DrawnPerson((image * 255).round().astype(np.uint8), points[:18, :2].astype(np.float32), parts)


def _capsule(
    start: Floats, stop: Floats, radius: float, height: int, width: int
) -> tuple[tuple[slice, slice], NDArray[np.float32], NDArray[np.float32]]:
    """The box around a capsule within the frame; in it, each pixel's place along the axis and distance from it."""
    ends, size = np.stack([start, stop]), (width, height)
    left, top = np.clip(np.floor(ends.min(0) - radius), 0, size).astype(int)
    right, bottom = np.clip(np.ceil(ends.max(0) + radius) + 1, 0, size).astype(int)
    x, y = np.arange(left, right) - start[0], (np.arange(top, bottom) - start[1])[:, None]
    dx, dy = stop - start
    along = ((x * dx + y * dy) / (dx * dx + dy * dy + 1e-6)).clip(0, 1)
    distance = np.hypot(x - along * dx, y - along * dy)
    return (slice(top, bottom), slice(left, right)), along.astype(np.float32), distance.astype(np.float32)


def _color(identity: Identity, part: int, along: NDArray[np.float32]) -> NDArray[np.float32]:
    """The color of a part; (h, w) ``along`` goes from 0 to 1 between its ends, and the shirt is striped across it."""
    color = identity.palette[part].astype(np.float32)
    if PARTS[part].clothes != "shirt":
        return color
    stripe = np.where(np.floor(along * _STRIPES) % 2 == 0, -_STRIPE, _STRIPE)
    return (color * (1 + stripe[..., None])).astype(np.float32)


def _between(size: int) -> Floats:
    """(size, 4) weights that interpolate four values linearly over ``size`` pixels."""
    place = np.linspace(0, 3, size)[:, None]
    return np.maximum(1 - np.abs(place - np.arange(4)), 0)
