"""InGAN of one video."""

import pytest
import torch

from vidgan.errors import UserError
from vidgan.generators.ingan import InGAN
from vidgan.ops.homography import homographies, warp_to

FRAMES = torch.rand(2, 3, 3, 24, 20, generator=torch.Generator().manual_seed(0))
TURNED = homographies(torch.full((2, 3), 0.2), torch.zeros(2, 3, 2), 1.0)


def random_weights(network: InGAN) -> InGAN:
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network.double()


def test_parameters_by_hand() -> None:
    """7 x 7 in and out; 3 x 3 down, up and in the blocks."""
    c = 8
    network = InGAN(channels=c, levels=2, blocks=3)
    ends = (3 * 49 * c + c) + (c * 49 * 3 + 3)
    down = (9 * c * 2 * c + 2 * c) + (9 * 2 * c * 4 * c + 4 * c)
    up = (9 * 3 * c * c + c) + (9 * 6 * c * 2 * c + 2 * c)
    blocks = 3 * 2 * (9 * 4 * c * 4 * c + 4 * c)
    assert sum(p.numel() for p in network.parameters()) == ends + down + up + blocks


@pytest.mark.parametrize("size", [(24, 20), (8, 31), (37, 9)])
def test_training_begins_at_plain_warping(size: tuple[int, int]) -> None:
    network = InGAN(4, 2, 1)
    expected = warp_to(FRAMES.flatten(0, 1), TURNED.flatten(0, 1), size, "bicubic").unflatten(0, (2, 3))
    assert torch.equal(network(FRAMES, size, TURNED), expected)
    torch.testing.assert_close(network(FRAMES, (24, 20)), FRAMES)


def test_every_parameter_gets_a_gradient_and_clips_are_independent() -> None:
    network = random_weights(InGAN(4, 2, 1))
    frames, turned = FRAMES.double(), TURNED.double()
    made = network(frames, (17, 30), turned)
    made.square().mean().backward()
    assert [key for key, parameter in network.named_parameters() if not parameter.grad.any()] == []
    alone = network(frames[1:], (17, 30), turned[1:])
    torch.testing.assert_close(made[1:], alone)
    torch.testing.assert_close(made[:, 1:2], network(frames[:, 1:2], (17, 30), turned[:, 1:2]))


def test_what_is_too_small_is_refused() -> None:
    network = InGAN(4, 2, 1)
    assert network.smallest == 8
    network(FRAMES, (8, 8))
    for size, frames in (((7, 20), FRAMES), ((20, 20), FRAMES[..., :7])):
        with pytest.raises(UserError, match="8 pixels a side or more"):
            network(frames, size)
