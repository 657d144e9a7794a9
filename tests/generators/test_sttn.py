"""STTN is the published network at the published size, and the same in proportion at others."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.generators.test_contract import ROUNDING, clip, random_weights
from vidgan.errors import UserError
from vidgan.generators.sttn import PARTS, STTN, MultiScaleAttention, patches
from vidgan.weights import load_weights

#: What the layers of the authors' release are called.
LAYERS = [
    *(f"encoder.{index}" for index in (0, 2, 4, 6)),
    *(
        f"transformer.{block}.{layer}"
        for block in range(8)
        for layer in (
            *(f"attention.{name}_embedding" for name in ("query", "key", "value")),
            "attention.output_linear.0",
            "feed_forward.conv.0",
            "feed_forward.conv.2",
        )
    ),
    *("decoder.0.conv", "decoder.2", "decoder.4.conv", "decoder.6"),
]
PUBLISHED_PATCHES = [(60, 108), (20, 36), (10, 18), (5, 9)]  # heights and widths in features of frames of 432 x 240


def small() -> STTN:
    network = random_weights(STTN(channels=8, blocks=2))
    assert isinstance(network, STTN)
    return network


def given(frames: int, height: int, width: int) -> Tensor:
    """A clip whose middle is missing."""
    low = torch.rand(1, frames, 4, height, width, dtype=torch.float64)
    low[:, :, 3] = 0
    low[..., height // 4 : height // 2, width // 4 : width // 2] = 0
    low[:, :, 3, height // 4 : height // 2, width // 4 : width // 2] = 1
    return low


def test_the_authors_file_loads_whole(tmp_path: Path) -> None:
    network = STTN()
    state = {key: torch.randn_like(value) for key, value in network.state_dict().items()}
    assert set(state) == {f"{layer}.{kind}" for layer in LAYERS for kind in ("weight", "bias")}
    torch.save({"netG": state}, tmp_path / "sttn.pth")
    load_weights(network, tmp_path / "sttn.pth")
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_patches_are_the_published_ones() -> None:
    features = torch.arange(2 * 60 * 108.0).view(1, 1, 2, 60, 108)
    for parts, (height, width) in zip(PARTS, PUBLISHED_PATCHES, strict=True):
        made = patches(features, parts)
        assert made.shape == (1, parts**2, 2 * height * width)
        second = features[..., :height, width : 2 * width] if parts > 1 else features
        assert torch.equal(made[0, min(1, parts - 1)], second.flatten())


def test_attention_is_that_of_torch_among_patches_cut_by_unfold() -> None:
    network = MultiScaleAttention(8).double()
    x = torch.randn(2 * 3, 8, 60, 108, dtype=torch.float64)
    embedded = [layer(x) for layer in (network.query_embedding, network.key_embedding, network.value_embedding)]
    quarters = []
    for index, size in enumerate(PUBLISHED_PATCHES):
        cut = [F.unfold(part[:, 2 * index : 2 * index + 2], size, stride=size) for part in embedded]
        count = cut[0].shape[-1]
        vectors = [part.transpose(1, 2).reshape(2, 3 * count, -1) for part in cut]
        made = F.scaled_dot_product_attention(*vectors).reshape(6, count, -1).transpose(1, 2)
        quarters.append(F.fold(made, (60, 108), size, stride=size))
    expected = network.output_linear(torch.cat(quarters, 1))
    torch.testing.assert_close(network(x, 3), expected, rtol=0, atol=ROUNDING)


def test_frames_have_no_order() -> None:
    network, low, order = small(), given(4, 48, 96), [2, 0, 3, 1]
    torch.testing.assert_close(network.fill(low[:, order]), network.fill(low)[:, order], rtol=0, atol=ROUNDING)


def test_every_frame_draws_on_every_other() -> None:
    network, low = small(), given(3, 48, 48)
    changed = low.clone()
    changed[:, 2, :3, 0, 0] += 0.1
    assert ((network.fill(changed) - network.fill(low)).abs().amax(dim=(0, 2, 3, 4)) > 0).all()


def test_what_is_in_a_hole_is_not_seen() -> None:
    network, low = small(), given(2, 48, 48)
    told = low.clone()
    told[:, :, :3] += torch.rand_like(told[:, :, :3]) * told[:, :, 3:]
    assert torch.equal(network.fill(told), network.fill(low))


def test_a_hole_is_gray_to_the_network() -> None:
    network, low = small(), given(2, 48, 48)
    gray = torch.cat([low[:, :, :3] + 0.5 * low[:, :, 3:], torch.zeros_like(low[:, :, 3:])], 2)
    torch.testing.assert_close(network.fill(gray), network.fill(low), rtol=0, atol=ROUNDING)


def test_what_is_made_is_in_0_1_and_gray_before_training() -> None:
    loud = STTN(channels=8, blocks=1)
    with torch.no_grad():
        for parameter in loud.parameters():
            parameter.mul_(50)
    made = loud.fill(clip(loud, 1, 48, 48).float())
    assert made.min() < 0.01
    assert made.max() > 0.99
    assert made.min() >= 0
    assert made.max() <= 1
    fresh = STTN(channels=8, blocks=1)
    torch.testing.assert_close(
        fresh.fill(clip(fresh, 1, 48, 48).float()), torch.full((2, 1, 3, 48, 48), 0.5), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize(("height", "width"), [(61, 100), (50, 97)])
def test_odd_sizes_are_mirrored_at_the_right_and_at_the_bottom(height: int, width: int) -> None:
    network, low = small(), given(2, height, width)
    whole = F.pad(low[0], (0, -width % 48, 0, -height % 48), mode="reflect")[None]
    made = network.fill(low)
    assert made.shape == (1, 2, 3, height, width)
    torch.testing.assert_close(made, network.fill(whole)[..., :height, :width], rtol=0, atol=ROUNDING)


def test_channels_that_no_quarters_come_of_are_refused() -> None:
    with pytest.raises(UserError, match=r"^STTN: channels=6 cannot be shared .*give a multiple of 4\.$"):
        STTN(channels=6)
