import pytest
import torch

from tests.media import panning
from vidgan.baselines.inpainting import flow_propagation, inpaintings, telea, temporal_median


def error(made: torch.Tensor, real: torch.Tensor, masks: torch.Tensor) -> float:
    return (made - real)[masks.bool().expand_as(made)].square().mean().item()


@pytest.mark.parametrize("name", inpaintings())
def test_only_holes_are_touched_and_what_is_in_them_does_not_matter(name: str) -> None:
    torch.manual_seed(0)
    clip = panning()
    masks = (torch.rand(9, 1, 64, 96) > 0.8).float()
    masks[0] = 0
    made = inpaintings()[name](clip, masks)
    assert torch.equal(made[0], clip[0])
    assert torch.equal(made * (1 - masks), clip * (1 - masks))
    other = torch.where(masks > 0, 1 - clip, clip)
    assert torch.equal(inpaintings()[name](other, masks), made)
    assert error(made, clip, masks) < error(clip * 0, clip, masks) / 4


def test_the_median_is_right_where_nothing_moves() -> None:
    clip = panning(1).expand(9, -1, -1, -1)
    masks = torch.zeros(9, 1, 64, 96)
    for time in range(9):
        masks[time, :, 20:40, 8 * time : 8 * time + 16] = 1
    assert torch.equal(temporal_median(clip, masks), clip)


def test_flow_is_right_where_the_camera_moves() -> None:
    clip = panning()
    masks = torch.zeros(9, 1, 64, 96)
    masks[..., 44:52] = 1
    errors = {name: error(method(clip, masks), clip, masks) for name, method in inpaintings().items()}
    assert errors["flow"] < errors["telea"] / 4
    assert errors["flow"] < errors["median"] / 4


def test_what_is_never_seen_is_left_to_telea() -> None:
    clip = panning(1).expand(5, -1, -1, -1)
    masks = torch.zeros(5, 1, 64, 96)
    masks[:, :, 20:30, 20:30] = 1
    expected = telea(clip, masks)
    assert torch.equal(temporal_median(clip, masks), expected)
    assert torch.equal(flow_propagation(clip, masks), expected)
