import torch
from torch.nn import functional as F

from tests.rounding import FLOAT64
from vidgan.generators.recurrent import RecurrentSR


def test_an_untrained_network_is_bicubic_upsampling() -> None:
    low = torch.rand(2, 3, 3, 7, 9)
    bicubic = F.interpolate(low.flatten(0, 1), scale_factor=4, mode="bicubic", antialias=True).unflatten(0, (2, 3))
    assert torch.equal(RecurrentSR()(low), bicubic)


def test_it_has_80_thousand_parameters() -> None:
    """7 convolutions 32 -> 32 (two a block, the candidate), one to 48 channels, the first, and the 1x1 gate."""
    expected = 7 * (32 * 32 * 9 + 32) + (32 * 48 * 9 + 48) + (3 * 32 * 9 + 32) + (32 * 32 + 32)
    assert sum(parameter.numel() for parameter in RecurrentSR().parameters()) == expected == 80_560


def test_a_closed_gate_keeps_the_memory_of_the_first_frame() -> None:
    network = RecurrentSR(channels=4).double()
    with torch.no_grad():
        network.gate.bias.fill_(-100)
        low = torch.rand(1, 3, 3, 5, 6, dtype=torch.float64)
        _, first = network.stream(low[:, :1])
        _, last = network.stream(low)
    # The gate lets e^-100 through, which is less than rounding; values are near 1, and so below.
    torch.testing.assert_close(first, last, rtol=0, atol=FLOAT64)


def test_an_open_gate_forgets() -> None:
    network = RecurrentSR(channels=4).double()
    with torch.no_grad():
        network.gate.bias.fill_(100)
        low = torch.rand(1, 3, 3, 5, 6, dtype=torch.float64)
        torch.testing.assert_close(network(low)[:, 2:], network(low[:, 2:]), rtol=0, atol=FLOAT64)


def test_its_memory_stays_bounded_on_long_videos() -> None:
    network = RecurrentSR(channels=4)
    with torch.no_grad():
        network.candidate.weight.mul_(100)
        _, state = network.stream(torch.rand(1, 100, 3, 4, 4))
    assert state.shape == (1, 4, 4, 4)
    assert state.abs().max() <= 1
