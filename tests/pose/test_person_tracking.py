"""Who is whom from frame to frame."""

import numpy as np

from tests.pose.boxes import Boxes, boxes
from vidgan.pose.person_tracking import PersonTracker


def test_persons_are_followed_whatever_their_order() -> None:
    estimator, tracker = Boxes(), PersonTracker()
    for number, frame in enumerate(boxes(12, (5, 5, 20, 60), (70, 5, 30, 80))):
        people = estimator(frame)
        tracker.add(people[:: -1 if number % 2 else 1])
    large, small = tracker.persons()
    assert large.shape == small.shape == (12, 17, 3)
    np.testing.assert_array_equal(large[:, 0, 0], 70 + np.arange(12))
    np.testing.assert_array_equal(small[:, 0, 0], 5 + np.arange(12))


def test_a_person_that_comes_back_is_the_same_and_a_passer_by_is_nobody() -> None:
    estimator, tracker = Boxes(), PersonTracker()
    frames = boxes(40, (5, 5, 20, 60))
    frames[10:15] = 0
    frames[20, 50:60, 100:110] = 255
    for frame in frames:
        tracker.add(estimator(frame))
    (person,) = tracker.persons()
    assert np.flatnonzero(np.isnan(person[:, 0, 0])).tolist() == [10, 11, 12, 13, 14]
    nobody = PersonTracker()
    nobody.add(np.zeros((0, 17, 3), np.float32))
    assert nobody.persons() == []


def test_persons_without_a_common_key_point_are_two() -> None:
    tracker = PersonTracker()
    upper, lower = np.full((2, 1, 17, 3), np.nan, np.float32)
    upper[:, :9], lower[:, 9:] = 5, 5
    for people in (upper, lower):
        tracker.add(people)
    assert len(tracker.persons()) == 2


def test_as_many_as_possible_are_followed() -> None:
    """One person moves by 0.45 of its size, another vanishes, a third appears: the sum of distances would lose it."""
    place = np.stack([np.linspace(0, 60, 17), np.linspace(0, 80, 17), np.ones(17)], axis=1).astype(np.float32)

    def at(x: float) -> np.ndarray:
        return place + np.array([x, 0, 0], np.float32)

    tracker = PersonTracker()
    tracker.add(np.stack([at(0), at(55)]))  # the body is 100 px
    tracker.add(np.stack([at(-52), at(45)]))
    assert sorted(len(track) for track in tracker.tracks) == [1, 1, 2]
