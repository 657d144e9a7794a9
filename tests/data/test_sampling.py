"""Sampling is a function of the iteration's number."""

from itertools import chain

import pytest

from vidgan.data.sampling import IterationSampler, clip_of
from vidgan.errors import UserError


def test_resumed_sampler_gives_the_tail() -> None:
    assert list(IterationSampler(4, 10, start=lambda: 6)) == list(IterationSampler(4, 10))[6:]
    assert len(IterationSampler(4, 10, start=lambda: 6)) == 4


def test_ranks_share_each_iteration() -> None:
    ranks = [list(IterationSampler(4, 3, rank=rank, world_size=2)) for rank in range(2)]
    assert [first + second for first, second in zip(*ranks, strict=True)] == list(IterationSampler(4, 3))


def test_samples_count_up() -> None:
    assert list(chain(*IterationSampler(3, 4))) == list(range(12))


def test_batch_that_does_not_divide_is_refused() -> None:
    with pytest.raises(UserError, match=r"data\.batch_size=6 .* 4 devices"):
        IterationSampler(6, 1, world_size=4)


def test_every_clip_once_an_epoch_in_a_new_order() -> None:
    epochs = [[clip_of(epoch * 20 + position, 20, seed=1) for position in range(20)] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] != [clip_of(position, 20, seed=2) for position in range(20)]
