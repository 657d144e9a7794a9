"""A video of another length at its own speed."""

from itertools import pairwise

import torch

from vidgan.ops.video_texture import frame_path

PHASES = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))
WALK = PHASES.repeat(4, 1, 1, 1)  # 24 frames of a movement that repeats itself every 6


def test_a_path_of_the_same_length_is_the_video() -> None:
    assert frame_path(WALK, 24) == list(range(24))


def test_what_repeats_itself_goes_on_without_a_seam() -> None:
    for count in (36, 12, 30):
        path = frame_path(WALK, count)
        assert [number % 6 for number in path] == [index % 6 for index in range(count)]
        assert (len(path), path[0], path[-1]) == (count, 0, 23)


def test_it_begins_and_ends_as_the_video_at_any_length() -> None:
    for count in (2, 7, 23, 25, 61):
        path = frame_path(WALK, count)
        assert (len(path), path[0], path[-1]) == (count, 0, 23)
        assert set(path) <= set(range(24))
    assert frame_path(WALK, 1) in ([0], [23])


def test_a_movement_there_and_back_goes_on() -> None:
    """Of two frames that look alike the one is next that comes from the same side."""
    there = torch.eye(12).view(12, 1, 1, 12).expand(12, 3, 12, 12)
    swing = torch.cat([there, there.flip(0)[1:-1]]).repeat(2, 1, 1, 1)  # 22 frames there and back, twice
    path = frame_path(swing, 66)
    steps = [(after - before) % 22 for before, after in pairwise(path)]
    assert set(steps) == {1}
