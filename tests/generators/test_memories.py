"""Models of time: what they promise, and that they are what they are called."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from vidgan.generators.memories.base import Memory
from vidgan.generators.memories.conv_gru import ConvGRU
from vidgan.generators.memories.conv_lstm import ConvLSTM
from vidgan.generators.memories.transformer import TemporalBlock, TemporalTransformer

SMALL: dict[str, Callable[[], Memory]] = {
    "conv_gru": lambda: ConvGRU(4),
    "conv_gru-even": lambda: ConvGRU(4, kernel=2),
    "conv_lstm": lambda: ConvLSTM(4),
    "transformer": lambda: TemporalTransformer(4, blocks=2, heads=2, window=3),
}

#: Values near 1 in double precision, through a few hundred sums that may be blocked otherwise: 1e-16 each.
ROUNDING = 1e-12


@pytest.fixture(params=SMALL)
def memory(request: pytest.FixtureRequest) -> Memory:
    network = SMALL[request.param]().double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


@pytest.fixture
def clip() -> Tensor:
    return torch.randn(2, 7, 4, 3, 5, dtype=torch.float64)


@pytest.mark.parametrize("parts", [[1] * 7, [2, 5], [4, 1, 2]])
def test_part_by_part_is_the_whole(memory: Memory, clip: Tensor, parts: list[int]) -> None:
    state, made = None, []
    for part in clip.split(parts, dim=1):
        frames, state = memory(part, state)
        made.append(frames)
    whole, last = memory(clip)
    assert whole.shape == clip.shape
    torch.testing.assert_close(torch.cat(made, dim=1), whole, rtol=0, atol=ROUNDING)
    for one, other in zip(state, last, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=ROUNDING)


def test_the_past_counts_and_the_future_does_not(memory: Memory, clip: Tensor) -> None:
    changed = clip.clone()
    changed[:, 3] = torch.randn(4, 3, 5)
    difference = (memory(changed)[0] - memory(clip)[0]).abs().amax(dim=(0, 2, 3, 4))
    assert difference[:3].max() == 0
    assert (difference[3:6] > 0).all()


def test_clips_of_a_batch_are_independent(memory: Memory, clip: Tensor) -> None:
    torch.testing.assert_close(memory(clip)[0][1:], memory(clip[1:])[0], rtol=0, atol=ROUNDING)


def test_every_parameter_gets_a_gradient(memory: Memory, clip: Tensor) -> None:
    memory(clip)[0].square().sum().backward()
    assert [key for key, parameter in memory.named_parameters() if not parameter.grad.any()] == []


def test_the_state_does_not_grow(memory: Memory, clip: Tensor) -> None:
    _, state = memory(clip)
    _, later = memory(clip, state)
    assert [part.shape for part in later] == [part.shape for part in state]


def test_parameters_by_hand() -> None:
    c = 6
    count = {name: sum(p.numel() for p in network.parameters()) for name, network in {
        "gru": ConvGRU(c), "lstm": ConvLSTM(c, kernel=5), "block": TemporalTransformer(c, 1, heads=3, window=8),
    }.items()}  # fmt: skip
    assert count["gru"] == 9 * c * 3 * c + 3 * c + 9 * c * 2 * c + 9 * c * c  # 18 c^2 a gate, 3 gates
    assert count["lstm"] == 25 * 2 * c * 4 * c + 4 * c
    linear = 4 * (c * c + c) + (c * 2 * c + 2 * c) + (2 * c * c + c)
    assert count["block"] == linear + 2 * 2 * c + 3 * 8


def test_conv_lstm_of_one_pixel_is_an_lstm() -> None:
    network, cell = ConvLSTM(3, kernel=1), nn.LSTM(3, 3, batch_first=True)
    with torch.no_grad():  # torch orders the gates i, f, g, o
        order = torch.cat([torch.arange(3) + 3 * gate for gate in (0, 1, 3, 2)])
        network.given.weight[order] = cell.weight_ih_l0[:, :, None, None]
        network.given.bias[order] = cell.bias_ih_l0 + cell.bias_hh_l0
        network.remembered.weight[order] = cell.weight_hh_l0[:, :, None, None]
    x = torch.randn(2, 5, 3)
    torch.testing.assert_close(network(x[..., None, None])[0][..., 0, 0], cell(x)[0])


def test_conv_gru_by_hand() -> None:
    network = ConvGRU(1, kernel=1)
    with torch.no_grad():
        network.given.weight.copy_(torch.tensor([0.5, -1.0, 2.0]).view(3, 1, 1, 1))
        network.given.bias.copy_(torch.tensor([0.1, 0.2, 0.3]))
        network.gates.weight.copy_(torch.tensor([0.4, 0.6]).view(2, 1, 1, 1))
        network.candidate.weight.fill_(-0.7)
    hidden = torch.zeros(())
    for x in (1.0, -2.0):
        update, reset = torch.sigmoid(torch.tensor([0.5 * x + 0.1, -x + 0.2]) + torch.tensor([0.4, 0.6]) * hidden)
        hidden = (1 - update) * hidden + update * torch.tanh(2 * x + 0.3 - 0.7 * reset * hidden)
    made, (state,) = network(torch.tensor([1.0, -2.0]).view(1, 2, 1, 1, 1))
    torch.testing.assert_close(made[0, 1].squeeze(), hidden)
    torch.testing.assert_close(state.squeeze(), hidden)


def test_a_transformers_block_is_torchs() -> None:
    block, theirs = TemporalBlock(6, heads=2, window=9, expansion=2), nn.TransformerEncoderLayer(
        6, 2, 12, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )  # fmt: skip
    projection = theirs.self_attn
    block.query.weight.data, block.key_value.weight.data = projection.in_proj_weight.data.split([6, 12])
    block.query.bias.data, block.key_value.bias.data = projection.in_proj_bias.data.split([6, 12])
    block.project.load_state_dict(projection.out_proj.state_dict())
    block.mlp[0].load_state_dict(theirs.linear1.state_dict())
    block.mlp[2].load_state_dict(theirs.linear2.state_dict())
    x = torch.randn(3, 5, 6)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    # Some ten sums of up to 12 float32 terms near 3, added up in another order: 2e-7 a term.
    torch.testing.assert_close(block(x, None)[0], theirs(x, src_mask=mask, is_causal=True), rtol=0, atol=1e-5)


def test_a_transformers_window_ends() -> None:
    network = TemporalTransformer(4, blocks=1, heads=2, window=3).double()
    clip = torch.randn(1, 6, 4, 1, 1, dtype=torch.float64)
    changed = clip.clone()
    changed[:, 0] = torch.randn(4, 1, 1)
    difference = (network(changed)[0] - network(clip)[0]).abs().amax(dim=(0, 2, 3, 4))
    assert (difference > 0).tolist() == [True] * 3 + [False] * 3
