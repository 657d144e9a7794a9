"""What training calls is compiled, and a compiled step is the step as it is written."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.engine.test_truncation import stepped
from tests.generators.test_recurrent_limb_transport import clips, small
from vidgan.engine.compilation import compile_networks
from vidgan.engine.players import Penalty
from vidgan.errors import UserError
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.tecogan import TecoGAN
from vidgan.losses.penalties import R1


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[torch.fx.GraphModule]]:
    """``compiles(backend)`` makes it that of ``torch.compile``, for inductor takes minutes; what is traced comes in."""

    def choose(name: str) -> list[torch.fx.GraphModule]:
        traced: list[torch.fx.GraphModule] = []

        def backend(graph: torch.fx.GraphModule, example: list[Tensor]) -> Callable[..., object]:
            traced.append(graph)
            return torch._dynamo.lookup_backend(name)(graph, example)

        torch.compiler.reset()
        monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
        return traced

    return choose


def lows(channels: int = 3) -> Tensor:
    return torch.rand(1, 2, channels, 16, 16)


#: Methods by which the tasks train, on networks of that kind.
CALLED: dict[str, tuple[Callable[[], nn.Module], Callable[[nn.Module], Tensor]]] = {
    "BasicVSR": (lambda: BasicVSR(channels=4, blocks=1), lambda network: network.forward_with_flow(lows())[0]),
    "TecoGAN": (lambda: TecoGAN(channels=4, blocks=1), lambda network: network.forward_with_flow(lows())[0]),
    "FastDVDnet": (FastDVDnet, lambda network: network.eval().between(lows(4), 0, 1)),
    "RecurrentLimbTransport": (small, lambda network: network.stream(**clips(2), state=None)[0]),
}


@pytest.mark.parametrize("name", CALLED)
def test_the_method_that_training_calls_is_compiled(
    name: str, compiles: Callable[[str], list[torch.fx.GraphModule]]
) -> None:
    graphs = compiles("eager")
    build, call = CALLED[name]
    network = build()
    torch.manual_seed(0)
    expected = call(network)
    compile_networks(nn.ModuleDict({"network": network}), ["network"])
    torch.manual_seed(0)
    made = call(network)
    assert graphs
    torch.testing.assert_close(made, expected, rtol=1e-4, atol=1e-5)  # float32 sums of a few hundred terms


def test_a_compiled_step_is_the_step(tmp_path: Path, compiles: Callable[[str], list[torch.fx.GraphModule]]) -> None:
    graphs = compiles("aot_eager")  # gradients are compiled too
    of_discriminator = {"penalties": {"r1": Penalty(R1(), 0.5)}}
    _, plain = stepped(tmp_path, of_discriminator, tbptt=3)
    assert not graphs
    _, compiled = stepped(tmp_path, of_discriminator, tbptt=3, compile=("generator", "discriminator"))
    assert graphs
    for key, gradient in plain.items():
        torch.testing.assert_close(compiled[key], gradient, rtol=1e-4, atol=1e-6)  # float32 sums of 2,000 terms


def test_a_part_of_a_network_is_compiled_or_named(compiles: Callable[[str], list[torch.fx.GraphModule]]) -> None:
    graphs = compiles("eager")
    network = BasicVSR(channels=4, blocks=1)
    compile_networks(nn.ModuleDict({"generator": network}), ["generator.forward_trunk"])
    network(lows())
    assert graphs
    assert network._compiled_call_impl is None, "the whole runs as it is written"
    with pytest.raises(UserError, match=r"engine\.compile names 'generator\.nothing', .*\(generator\)"):
        compile_networks(nn.ModuleDict({"generator": network}), ["generator.nothing"])
