import torch
from torch.nn import functional as F

from vidgan.generators.recurrent import RecurrentSR


def test_an_untrained_network_is_bicubic_upsampling() -> None:
    low = torch.rand(2, 3, 3, 7, 9)
    bicubic = F.interpolate(low.flatten(0, 1), scale_factor=4, mode="bicubic", antialias=True).unflatten(0, (2, 3))
    assert torch.equal(RecurrentSR()(low), bicubic)


def test_it_is_small() -> None:
    assert 60_000 < sum(parameter.numel() for parameter in RecurrentSR().parameters()) < 150_000


def test_its_memory_stays_bounded_on_long_videos() -> None:
    network = RecurrentSR(channels=8, memory=4, blocks=1)
    with torch.no_grad():
        network.conv_memory.weight.fill_(10)
        _, state = network.stream(torch.rand(1, 200, 3, 4, 4))
    assert state.shape == (1, 4, 4, 4)
    assert state.abs().max() <= 1
