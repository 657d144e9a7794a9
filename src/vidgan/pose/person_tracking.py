"""From people by frame to persons through time, and which of them is the main one."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vidgan.pose.sequence import KeypointSequence, Points
from vidgan.pose.smoothing import body_size

_FARTHEST = 0.5  # sizes of the body between two frames beyond which it is someone else
_NEVER = 1e6  # a finite cost above that of any match, so that as many as possible are followed
_PATIENCE = 30  # frames after which somebody who comes back is someone else


class PersonTracker:
    """Persons followed from frame to frame by the distance of their key points.

    Attributes:
        frames: number of frames seen.
        tracks: of each person, the key points (K, 3) by number of frame.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.tracks: list[dict[int, Points]] = []

    def add(self, people: Points) -> None:
        """Adds the people of the next frame, (N, K, 3) in any order."""
        recent = [track for track in self.tracks if self.frames - max(track) <= _PATIENCE]
        costs = np.array([[_distance(track[max(track)], person) for person in people] for track in recent])
        matches = linear_sum_assignment(np.where(costs <= _FARTHEST, costs, _NEVER)) if costs.size else ((), ())
        given = set()
        for old, new in zip(*matches, strict=True):
            if costs[old, new] <= _FARTHEST:
                recent[old][self.frames] = people[new]
                given.add(int(new))
        self.tracks += [{self.frames: person} for number, person in enumerate(people) if number not in given]
        self.frames += 1

    def persons(self) -> list[Points]:
        """Of each person (T, K, 3), NaN where it is not found; the one that is larger and longer in view comes first.

        Those seen in less than a tenth of the frames that the first is seen in are left out.
        """
        ordered = sorted(self.tracks, key=_presence, reverse=True)
        return [self._whole(track) for track in ordered if 10 * len(track) >= len(ordered[0])]

    def _whole(self, track: dict[int, Points]) -> Points:
        points = np.full((self.frames, *next(iter(track.values())).shape), np.nan, np.float32)
        for frame, person in track.items():
            points[frame] = person
        return points


def persons_in(sequence: KeypointSequence) -> list[KeypointSequence]:
    """The persons of a sequence whose people are in any order, each P = 1; see :class:`PersonTracker`."""
    tracker = PersonTracker()
    for people, present in zip(sequence.points, sequence.present, strict=True):
        tracker.add(people[present.any(-1)])
    return [sequence.with_points(points[:, None]) for points in tracker.persons()]


def _distance(one: Points, other: Points) -> float:
    """Median distance of the key points that both have, in sizes of the body; infinite where they share none."""
    apart: NDArray[np.float32] = np.hypot(*(one[:, :2] - other[:, :2]).T)
    apart = apart[~np.isnan(apart)]
    size = max(body_size(person[None, None]) for person in (one, other))
    return float(np.median(apart)) / size if len(apart) else np.inf


def _presence(track: dict[int, Points]) -> float:
    """Sizes of the body summed over the frames."""
    return sum(body_size(person[None, None]) for person in track.values())
