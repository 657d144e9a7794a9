"""Holes are filled from where their content was seen."""

import pytest
import torch

from tests.media import panning
from vidgan.generators.base import frames_of
from vidgan.generators.propagation_blend import PropagationBlend


def punched(clip: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    return torch.cat([clip * (1 - masks), masks], 2)


def test_untrained_it_takes_what_was_seen() -> None:
    """A bar that stays before a camera that moves: better than what is around it tells."""
    clip = panning()[None]
    masks = torch.zeros(1, 9, 1, 64, 96)
    masks[..., 44:52] = 1
    hole = masks.bool().expand_as(clip)
    network = PropagationBlend()
    made = frames_of(network(punched(clip, masks)))
    assert torch.equal(made[~hole], clip[~hole])
    from_one = torch.cat([frames_of(network(punched(clip[:, n : n + 1], masks[:, n : n + 1]))) for n in range(9)], 1)
    assert (made - clip)[hole].abs().mean() < 0.3 * (from_one - clip)[hole].abs().mean()


def test_before_a_camera_that_stands_still_it_is_the_median() -> None:
    torch.manual_seed(0)
    clip = torch.rand(1, 1, 3, 64, 64).expand(-1, 8, -1, -1, -1)
    masks = torch.zeros(1, 8, 1, 64, 64)
    for frame in range(8):
        masks[:, frame, :, 20:28, 8 * frame : 8 * frame + 8] = 1
    made = frames_of(PropagationBlend()(punched(clip, masks)))
    assert (made - clip)[masks.bool().expand_as(clip)].abs().mean() < 0.01


def test_what_is_in_holes_does_not_matter_and_clips_do_not_mix() -> None:
    clips = torch.stack([panning(5), panning(5).flip(0)])
    masks = torch.zeros(2, 5, 1, 64, 96)
    masks[0, :, :, 20:40, 30:60] = 1
    masks[1, 2] = 1
    network = PropagationBlend(8, 8, 1).eval()
    torch.nn.init.normal_(network.conv_last.weight, std=0.1)
    both = frames_of(network(punched(clips, masks)))
    for number in range(2):
        alone = frames_of(network(punched(clips[number : number + 1], masks[number : number + 1])))
        torch.testing.assert_close(alone[0], both[number], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (9, 13), (33, 20)])
def test_any_size_is_filled_and_every_parameter_learns(size: tuple[int, int]) -> None:
    network = PropagationBlend(8, 8, 1)
    low = torch.rand(2, 3, 4, *size)
    low[:, :, 3] = (low[:, :, 3] > 0.5).float()
    low[:, :, :3] *= 1 - low[:, :, 3:]
    made = network(low)
    assert made["fake"].shape == made["filled"].shape == (2, 3, 3, *size)
    torch.nn.init.normal_(network.conv_last.weight)
    network(low)["filled"].square().mean().backward()
    if min(size) > 8:
        assert [name for name, parameter in network.named_parameters() if not parameter.grad.any()] == []


def test_weights_tell_the_network() -> None:
    network = PropagationBlend(8, 12, 3)
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert PropagationBlend.recognise(shapes) == {"channels": 8, "deep_channels": 12, "blocks": 3}
