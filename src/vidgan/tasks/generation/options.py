"""What ``vidgan-predict`` asks for where a run makes new clips out of noise."""

from dataclasses import dataclass

from vidgan.inference.options import NewVideoOptions
from vidgan.limits import whole

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.mocogan.",)
_MOST = 1024  # videos, in one picture


@dataclass
class Options(NewVideoOptions):
    """Makes new clips of the kinds that were learned; several stand in a grid.

    Attributes:
        classes: what is made, by name, a + between several, which take turns. Null is all that there are.
        videos: how many.
        frames: of each; null is as many as the run was trained on.
        to_seed: the videos go from seed to this one, in equal steps; null makes each of a seed of its own.
        fps: frames a second.
    """

    classes: str | None = None
    videos: int = whole(1, 1, _MOST)
    frames: int | None = whole(1, None, 10**6)
    to_seed: int | None = whole(0, None, 2**32 - 1)
    fps: int = whole(1, 8, 240)
