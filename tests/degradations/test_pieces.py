"""A clip that is degraded piece by piece is the clip that is degraded as a whole."""

import pytest
import torch

from tests.degradations.shipped import NAMES, shipped
from vidgan.randomness import normal


@pytest.mark.parametrize("name", NAMES)
def test_pieces_are_those_of_the_whole_clip_or_the_clip_is_wanted_whole(name: str) -> None:
    degradation = shipped(name)
    if degradation.sees == "clip":
        assert name in ("h264", "hevc", "av1")
        return
    frames = torch.rand(2, 5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for seeds in ([3, 4], [5, 6], [7, 8]):  # some options draw one of several ways
        seeds = torch.tensor(seeds)
        whole = degradation(frames, seeds)
        pieces = [degradation(frames[:, a:b], seeds, start=a) for a, b in ((0, 1), (1, 3), (3, 5))]
        # Convolutions and matrix products of other batch sizes may add up in another order, in float32.
        torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=0, atol=2e-6)


def test_draws_go_on_where_they_were_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = torch.tensor([1, 2])
    whole = normal(seeds, "noise", 6, 3, 5)
    rest = normal(seeds, "noise", 4, 3, 5, start=2)
    monkeypatch.setattr("vidgan.randomness._AT_ONCE", 7)
    for other in (normal(seeds, "noise", 6, 3, 5)[:, 2:], rest):
        torch.testing.assert_close(other, whole[:, 2:], rtol=1e-6, atol=1e-6)  # one vector of the logarithm or another
