"""Shapes that move by formula: what they cover of a frame, and the paths that each kind of motion allows."""

import math

import torch
from torch import Tensor

SHAPES = ("disk", "square", "triangle")
#: Kinds of motion, each a turn in ``PERIOD`` frames: back and forth, up and down, along a diagonal, around.
MOTIONS = ("across", "vertical", "diagonal", "circle")
PERIOD = 16
#: Of what is drawn, in sides of the frame: the radius of a disk of the shape's area, and how far the motion reaches.
RADII, REACHES = (0.11, 0.16), (0.13, 0.20)
#: Distance from the middle of a shape of radius 1 to its edge, and to its farthest corner; all have a disk's area.
_HALF = {"disk": 1.0, "square": math.sqrt(math.pi) / 2, "triangle": math.sqrt(math.pi / (3 * math.sqrt(3)))}
FARTHEST = 2 * _HALF["triangle"]
_EDGES = [(math.sin(angle), -math.cos(angle)) for angle in (math.pi / 3, math.pi, -math.pi / 3)]


def coverage(shape: str, radii: Tensor, places: Tensor, side: int) -> Tensor:
    """How much of each pixel a shape covers, with edges a pixel wide.

    Args:
        shape: one of ``SHAPES``; a square and a triangle stand upright.
        radii: (T,) of a disk of its area, in pixels.
        places: (T, 2) of its center of mass as (x, y), in pixels; the middle of the first pixel is 0.
        side: S of the frame.

    Returns:
        (T, S, S) in [0, 1].
    """
    grid = torch.arange(side, dtype=places.dtype)
    x = grid - places[:, 0, None, None]
    y = grid[:, None] - places[:, 1, None, None]
    match shape:
        case "disk":
            distance = torch.hypot(x, y)
        case "square":
            distance = torch.maximum(x.abs() + 0 * y, y.abs() + 0 * x)
        case _:
            distance = torch.stack([across * x + up * y for across, up in _EDGES]).amax(0)
    return (_HALF[shape] * radii[:, None, None] - distance + 0.5).clamp(0, 1)


def paths(motion: str, frames: int) -> Tensor:
    """The ways in which a motion can go, each a linear function of two numbers (a, b).

    The place at frame t is middle + paths[way, t] @ (a, b), and the motion's reach is the length of (a, b).

    Returns:
        (ways, T, 2, 2).
    """
    angle = 2 * math.pi / PERIOD * torch.arange(frames, dtype=torch.float64)
    swing = torch.stack([angle.cos(), angle.sin()], -1)  # a cos + b sin
    quarter = torch.stack([angle.sin(), -angle.cos()], -1)  # the same a quarter of a turn later
    still = torch.zeros_like(swing)
    ways = {
        "across": [(swing, still)],
        "vertical": [(still, swing)],
        "diagonal": [(swing, swing), (swing, -swing)],
        "circle": [(swing, quarter), (swing, -quarter)],
    }
    return torch.stack([torch.stack(way, -2) for way in ways[motion]])
