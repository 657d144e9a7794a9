"""Skeletons as data: the names and the order of their key points, and the limbs between them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from vidgan.errors import UserError

_SIDES = {"left": "right", "right": "left"}
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Skeleton:
    """K key points in a published order. Left and right are the person's own.

    Attributes:
        name: how files and messages call it.
        joints: K names; a name means the same place in every skeleton.
        limbs: pairs of names to be joined when it is drawn.
    """

    name: str
    joints: tuple[str, ...]
    limbs: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        return self.joints.index(joint)

    @cached_property
    def swap(self) -> list[int]:
        """K indices that put each left key point in place of its right one and the other way round."""
        return [self.index(_mirrored(joint)) for joint in self.joints]

    @cached_property
    def limb_indices(self) -> Pairs:
        return tuple((self.index(a), self.index(b)) for a, b in self.limbs)


def _mirrored(joint: str) -> str:
    side, _, rest = joint.partition("_")
    return f"{_SIDES[side]}_{rest}" if side in _SIDES else joint


def _both(*names: str) -> tuple[str, ...]:
    """The names of the right side, then those of the left."""
    return tuple(f"{side}_{name}" for side in ("right", "left") for name in names)


def _alternating(*names: str) -> tuple[str, ...]:
    """Each name of the left side, followed by that of the right."""
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


def _chains(*chains: str) -> tuple[tuple[str, str], ...]:
    """Neighbours in chains of names; those that say "side" are meant for both sides."""
    limbs: dict[tuple[str, str], None] = {}
    for chain in chains:
        for side in ("right", "left") if "side" in chain else ("",):
            names = chain.replace("side", side).split()
            limbs |= dict.fromkeys(pairwise(names))
    return tuple(limbs)


_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_ARM_CHAIN, _LEG_CHAIN = "side_shoulder side_elbow side_wrist", "side_hip side_knee side_ankle"
_TORSO = ("left_shoulder right_shoulder", "side_shoulder side_hip", "left_hip right_hip")
_HEAD = "nose side_eye side_ear"

OPENPOSE_18 = Skeleton(
    "openpose_18",
    ("nose", "neck", *_both(*_ARM), *_both(*_LEG), *_both("eye"), *_both("ear")),
    _chains(f"neck {_ARM_CHAIN}", f"neck {_LEG_CHAIN}", "neck nose", _HEAD),
)
BODY_25 = Skeleton(
    "body_25",
    (
        *("nose", "neck", *_both(*_ARM), "mid_hip", *_both(*_LEG), *_both("eye"), *_both("ear")),
        *("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
    ),
    _chains(
        *(f"neck {_ARM_CHAIN}", "neck mid_hip", f"mid_hip {_LEG_CHAIN}", "neck nose", _HEAD),
        *("side_ankle side_big_toe side_small_toe", "side_ankle side_heel"),
    ),
)
COCO_17 = Skeleton(
    "coco_17",
    ("nose", *_alternating("eye", "ear", *_ARM, *_LEG)),
    _chains(_ARM_CHAIN, _LEG_CHAIN, *_TORSO, _HEAD, "side_ear side_shoulder", "left_eye right_eye"),
)
MEDIAPIPE_33 = Skeleton(
    "mediapipe_33",
    (
        "nose",
        *(f"{side}_{part}" for side in ("left", "right") for part in ("eye_inner", "eye", "eye_outer")),
        *_alternating("ear", "mouth", *_ARM, "pinky", "index", "thumb", *_LEG, "heel", "foot_index"),
    ),
    _chains(
        *("nose side_eye_inner side_eye side_eye_outer side_ear", "left_mouth right_mouth"),
        *(_ARM_CHAIN, "side_wrist side_pinky side_index side_wrist side_thumb", *_TORSO),
        *(_LEG_CHAIN, "side_ankle side_heel side_foot_index side_ankle"),
    ),
)
SKELETONS = {skeleton.name: skeleton for skeleton in (OPENPOSE_18, BODY_25, COCO_17, MEDIAPIPE_33)}


def skeleton_named(name: str) -> Skeleton:
    """The skeleton of that name.

    Raises:
        UserError: there is none; the text lists those that are.
    """
    if name not in SKELETONS:
        raise UserError(f"skeleton={name} is unknown; it is one of {', '.join(SKELETONS)}.")
    return SKELETONS[name]
