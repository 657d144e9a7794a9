import pytest
import torch

from tests.media import panning
from vidgan.ops.propagation import carried, smooth_fill


def test_what_is_known_stays_and_the_rest_is_between() -> None:
    torch.manual_seed(0)
    values, known = torch.rand(2, 2, 37, 53), (torch.rand(2, 1, 37, 53) > 0.7).float()
    filled = smooth_fill(values, known)
    assert torch.equal(filled * known, values * known)
    assert filled.min() >= (values + 2 * (1 - known)).amin()
    assert filled.max() <= (values * known).amax()
    assert torch.equal(smooth_fill(values, torch.ones_like(known)), values)
    assert not smooth_fill(values, torch.zeros_like(known)).any()
    # What is not known does not matter.
    assert torch.equal(smooth_fill(values * known, known), filled)


def test_a_constant_is_filled_with_itself() -> None:
    known = torch.ones(1, 1, 40, 40)
    known[..., 5:35, 5:35] = 0
    assert smooth_fill(torch.full((1, 3, 40, 40), 0.25) * known, known).allclose(torch.tensor(0.25))


def test_content_comes_from_where_it_was_seen() -> None:
    """A bar of 8 pixels that stays: what is behind it came from the right, and will be on the left."""
    clip = panning()[None]
    masks = torch.zeros(1, 9, 1, 64, 96)
    masks[..., 44:52] = 1
    before, after = carried(clip * (1 - masks), masks)
    hole = masks.bool().expand_as(clip)
    for part, blind in ((before, slice(0, 3)), (after, slice(6, 9))):
        assert torch.equal(part.frames[~hole], clip[~hole])
        seen = part.known.bool() & masks.bool()
        told = [frame for frame in range(9) if frame not in range(blind.start, blind.stop)]
        assert seen[:, told][masks[:, told].bool()].float().mean() > 0.9  # after three steps the bar is behind
        error = (part.frames - clip)[seen.expand_as(clip)].abs().mean()
        assert error < 0.03
    assert not (before.known[:, 0] * masks[:, 0]).any()
    assert not (after.known[:, -1] * masks[:, -1]).any()


def test_what_is_in_holes_does_not_matter() -> None:
    clip = panning()[None]
    masks = torch.zeros(1, 9, 1, 64, 96)
    masks[:, 2:7, :, 20:40, 30:60] = 1
    other = torch.where(masks > 0, torch.rand_like(clip), clip)
    for one, two in zip(carried(clip, masks), carried(other, masks), strict=True):
        assert torch.equal(one.frames, two.frames)
        assert torch.equal(one.known, two.known)


@pytest.mark.parametrize("size", [(1, 1), (3, 17), (33, 20)])
def test_any_size_is_filled(size: tuple[int, int]) -> None:
    known = torch.zeros(1, 1, *size)
    known[..., 0, 0] = 1
    assert torch.equal(smooth_fill(torch.full((1, 1, *size), 0.5), known), torch.full((1, 1, *size), 0.5))


def test_error_tells_what_came_wrongly() -> None:
    """Where frames after a cut are filled from before it, the error is that of the cut; where nothing changes, none."""
    clip = torch.cat([torch.full((1, 3, 3, 64, 64), 0.2), torch.full((1, 3, 3, 64, 64), 0.7)], 1)
    masks = torch.zeros(1, 6, 1, 64, 64)
    masks[:, 1:, :, 20:40, 20:40] = 1
    before, after = carried(clip * (1 - masks), masks)
    hole = masks.bool()
    assert before.error[:, 1:3][hole[:, 1:3]].allclose(torch.tensor(0.0))
    assert before.error[:, 3:][hole[:, 3:]].allclose(torch.tensor(0.5))
    assert not before.error[~hole].any()
    assert not after.known[hole].any(), "the hole stays to the end"


def test_a_large_hole_that_moves_leaves_the_motion_around_it() -> None:
    """Before a camera that stands still."""
    torch.manual_seed(0)
    still = torch.nn.functional.interpolate(torch.rand(1, 3, 32, 32), 128, mode="bicubic")[None].clamp(0, 1)
    clip, masks = still.expand(-1, 12, -1, -1, -1), torch.zeros(1, 12, 1, 128, 128)
    for frame in range(12):
        masks[:, frame, :, 40:80, 3 * frame : 3 * frame + 40] = 1
    before, _ = carried(clip * (1 - masks), masks)
    came = (before.known.bool() & masks.bool())[:, -1:].expand(-1, -1, 3, -1, -1)
    assert came.any()
    assert (before.frames[:, -1:] - still)[came].abs().mean() < 0.02
