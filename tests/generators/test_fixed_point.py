"""What is computed in fixed point is the same in any order, and close to what floats give."""

import pytest
import torch
from torch import nn

from vidgan.errors import UserError
from vidgan.generators.fixed_point import STEP, FixedConv2d, FixedLeakyReLU, FixedResidualBlock, fixed, on_grid


def network(channels: int = 16) -> nn.Sequential:
    return nn.Sequential(FixedConv2d(channels, channels, 3, padding=1), FixedLeakyReLU(), FixedResidualBlock(channels))


def test_the_grid_by_hand() -> None:
    x = torch.tensor([STEP * 0.4, STEP * 0.6, -STEP * 1.2, 5000.0, -5000.0], dtype=torch.float64)
    assert on_grid(x).tolist() == [0.0, STEP, -STEP, 2048.0, -2048.0]
    assert torch.equal(on_grid(x.float()), x.float())  # floats train


def test_the_order_of_sums_does_not_matter() -> None:
    conv, x = fixed(network())[0], on_grid(torch.randn(2, 16, 20, 20, dtype=torch.float64))
    order = torch.randperm(16)
    other = FixedConv2d(16, 16, 3, padding=1).double()
    other.load_state_dict({"weight": conv.weight[:, order], "bias": conv.bias})
    assert torch.equal(conv(x), other(x[:, order]))
    floats, turned = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
    turned.load_state_dict({"weight": floats.weight[:, order], "bias": floats.bias})
    assert not torch.equal(floats(x.float()), turned(x.float()[:, order]))  # in floats it does


def test_memory_layout_and_threads_do_not_matter() -> None:
    exact, x = fixed(network()), on_grid(torch.randn(1, 16, 40, 40, dtype=torch.float64))
    made, threads = exact(x), torch.get_num_threads()
    last = exact.to(memory_format=torch.channels_last)(x.contiguous(memory_format=torch.channels_last))
    try:
        torch.set_num_threads(3)
        threaded = exact(x)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(made, last)
    assert torch.equal(made, threaded)


@pytest.mark.parametrize("layer", [FixedConv2d(16, 16, 3, padding=1), FixedLeakyReLU(), FixedResidualBlock(16)])
def test_every_layer_gives_multiples_of_the_step(layer: nn.Module) -> None:
    made = fixed(layer)(on_grid(torch.randn(1, 16, 8, 8, dtype=torch.float64)))
    assert torch.equal(made, on_grid(made))


def test_fixed_point_is_near_to_floats() -> None:
    floats, x = network(), torch.randn(1, 16, 20, 20)
    made = fixed(floats)(on_grid(x.double()))
    assert torch.equal(made, on_grid(made))
    # Inputs, weights and three layers' results are off by half a step each at most; sums of 144 products of about
    # normal numbers of them by a few steps.
    torch.testing.assert_close(made.float(), floats(x), rtol=0, atol=20 * STEP)


@pytest.mark.parametrize("weight", [float("nan"), 1e6])
def test_weights_that_do_not_fit_are_refused(weight: float) -> None:
    unfit = network()
    with torch.no_grad():
        unfit[0].weight[0, 0, 0, 0] = weight
    with pytest.raises(UserError, match=r"0\.weight are not finite, or too large"):
        fixed(unfit)


def test_sums_that_could_be_rounded_are_refused() -> None:
    wide = nn.Sequential(FixedConv2d(64, 1, 3))
    with torch.no_grad():
        wide[0].weight.fill_(2.0**10)  # 576 weights times 2^11 are more than 2^29, and 24 bits are behind the point
    with pytest.raises(UserError, match="weights of 0 are too large"):
        fixed(wide)
