"""Holes follow from seeds, whole or in pieces, and are of the sizes, places and durations that are promised."""

import numpy as np
import pytest
import torch

from vidgan.data.clip import Clip, Piece
from vidgan.masks.base import Masks, path
from vidgan.masks.damage import Dust, Scratches
from vidgan.masks.mixture import OneOf, Together
from vidgan.masks.overlays import Logo, Subtitles
from vidgan.masks.shapes import Blobs, Boxes, Strokes

KINDS = {
    "blobs": Blobs(),
    "boxes": Boxes(),
    "strokes": Strokes(),
    "logo": Logo(),
    "subtitles": Subtitles(),
    "scratches": Scratches(),
    "dust": Dust(),
    "one-of": OneOf([Blobs(), Boxes()]),
    "together": Together([Scratches(), Dust()]),
}
SEEDS = torch.arange(40)


def clip(frames: int = 12, height: int = 96, width: int = 128, seeds: torch.Tensor = SEEDS) -> Clip:
    return Clip(torch.zeros(len(seeds), frames, 3, height, width), ["a"] * len(seeds), seeds)


def piece_of(whole: Clip, start: int, stop: int) -> Clip:
    part = whole.between(start, stop)
    part.piece = Piece(start, start, stop, whole.frames.shape[1])
    return part


@pytest.mark.parametrize("name", KINDS)
def test_pieces_have_the_holes_of_the_whole(name: str) -> None:
    masks, whole = KINDS[name], clip(90, 40, 60, SEEDS[:6])
    expected = masks(whole)
    assert expected.shape == (6, 90, 1, 40, 60)
    assert set(expected.unique().tolist()) == {0.0, 1.0}
    for start, stop in ((0, 7), (7, 50), (50, 90)):
        assert torch.equal(masks(piece_of(whole, start, stop)), expected[:, start:stop])


@pytest.mark.parametrize("name", KINDS)
def test_holes_follow_from_the_seeds(name: str) -> None:
    masks = KINDS[name](clip())
    again = KINDS[name](clip(seeds=SEEDS.flip(0))).flip(0)
    assert torch.equal(masks, again)
    assert not torch.equal(masks[0], masks[1])
    kind = type(KINDS[name])
    other = kind(KINDS[name].kinds, seed=1) if name in ("one-of", "together") else kind(seed=1)  # type: ignore[attr-defined,call-arg]
    assert not torch.equal(masks, other(clip()))


def _extents(masks: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Heights and widths of the first frames' holes."""
    first = masks[:, 0, 0]
    return first.amax(2).sum(1).numpy(), first.amax(1).sum(1).numpy()


def test_boxes_are_a_sixth_to_a_half_of_each_side() -> None:
    heights, widths = _extents(Boxes(still=1)(clip()))
    for sizes, side in ((heights, 96), (widths, 128)):
        assert sizes.min() >= side / 6 - 1
        assert sizes.max() <= side / 2 + 2
        assert sizes.max() - sizes.min() > side / 6


def test_blobs_are_of_the_shares_that_are_asked_for() -> None:
    heights, widths = _extents(Blobs(smallest=0.2, largest=0.3, still=1)(clip()))
    for sizes, side in ((heights, 96), (widths, 128)):
        # A curve stays within its control points, and comes at least half as far.
        assert sizes.min() >= 0.1 * side
        assert sizes.max() <= 0.3 * side + 2


def test_half_of_the_shapes_stand_still_and_none_jumps() -> None:
    piece, moving = Piece(0, 0, 200, 200), 0
    for seed in range(200):
        shifts = path(np.random.default_rng(seed), piece, 96, 128)
        assert tuple(shifts[0]) == (0, 0)
        assert np.abs(np.diff(shifts, axis=0)).max() <= 4  # 3 and the rounding
        assert np.abs(shifts).max(0)[0] <= 64
        assert np.abs(shifts).max(0)[1] <= 48
        moving += bool(np.any(shifts))
    assert 70 < moving < 130
    still = Blobs(still=1)(clip())
    assert torch.equal(still, still[:, :1].expand_as(still))


def test_a_logo_stays_in_a_corner() -> None:
    masks = Logo()(clip())
    assert torch.equal(masks, masks[:, :1].expand_as(masks))
    middle = masks[..., 32:64, :]
    assert not middle.any()
    assert masks.sum((1, 2, 3, 4)).min() > 0


def test_subtitles_are_at_the_bottom_and_change() -> None:
    masks = Subtitles()(clip(200, seeds=SEEDS[:8]))
    assert not masks[..., :66, :].any()
    for one in masks:
        assert len(torch.unique(one.flatten(1), dim=0)) >= 3


def test_scratches_are_narrow_and_dust_is_short() -> None:
    scratches = Scratches()(clip())
    assert scratches.sum(-1).max() <= 4 * 3
    specks = Dust(density=0.2)(clip(40, seeds=SEEDS[:5]))[:, :, 0]
    four_in_a_row = specks[:, :-3] * specks[:, 1:-2] * specks[:, 2:-1] * specks[:, 3:]
    assert specks.any()
    assert not four_in_a_row.any()


def test_kinds_are_chosen_equally_often_and_put_together() -> None:
    logo, boxes = Logo(), Boxes(still=1)
    chosen = OneOf([logo, boxes])(clip())
    in_the_middle = int(chosen[..., 32:64, :].any(4).any(3).any(2).any(1).sum())
    assert 10 <= in_the_middle <= 30
    both = Together([Scratches(), Dust()])(clip())
    assert (both.sum((1, 2, 3, 4)) > Together([Scratches()])(clip()).sum((1, 2, 3, 4))).all()


def test_masks_are_an_interface() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Masks()  # type: ignore[abstract]
