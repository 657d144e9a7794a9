"""Discriminators of pairs: the partner counts, sizes and parameters are the published ones."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from vidgan.discriminators.dcgan import DCGANPairDiscriminator
from vidgan.discriminators.patn import PATNDiscriminator
from vidgan.errors import UserError


def given(clips: int = 2, frames: int = 3, height: int = 32, width: int = 16) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "source": torch.rand(clips, 1, 3, height, width, generator=generator),
        "source_keypoints": torch.rand(clips, 1, 18, 2, generator=generator) * width,
        "target_keypoints": torch.rand(clips, frames, 18, 2, generator=generator) * width,
    }


def test_dcgan_has_the_parameters_of_its_description() -> None:
    """5 x 5 convolutions 6-64-128-256-512 (512 again at 256 px), batch norm on all but the first, one linear layer."""
    widths = [6, 64, 128, 256, 512]
    convs = sum(25 * a * b + b for a, b in pairwise(widths))
    norms = 2 * (128 + 256 + 512)
    assert sum(p.numel() for p in DCGANPairDiscriminator().parameters()) == convs + norms + 512 * 8 * 4 + 1
    large = DCGANPairDiscriminator(256, 256)
    expected = convs + 25 * 512 * 512 + 512 + norms + 2 * 512 + 512 * 8 * 8 + 1
    assert sum(p.numel() for p in large.parameters()) == expected


@pytest.mark.parametrize(("partner", "inputs"), [("source", 6), ("pose", 21)])
def test_frames_are_judged_beside_their_partner(partner: str, inputs: int) -> None:
    network = DCGANPairDiscriminator(32, 16, channels=4, norm="none", partner=partner)
    assert network.model[0].in_channels == inputs
    frames, condition = torch.rand(2, 3, 3, 32, 16), given()
    logits, features = network(frames, **condition, return_features=True)
    assert logits.shape == (6, 1)
    assert [tuple(part.shape[1:]) for part in features] == [(4, 16, 8), (8, 8, 4)]
    changed = {"source": condition["source"].flip(0), "target_keypoints": condition["target_keypoints"].flip(1)}
    key = "source" if partner == "source" else "target_keypoints"
    assert not torch.equal(network(frames, **{**condition, key: changed[key]}), logits)
    other = "target_keypoints" if partner == "source" else "source"
    assert torch.equal(network(frames, **{**condition, other: changed[other]}), logits)


@pytest.mark.parametrize(("partner", "inputs"), [("source", 6), ("pose", 21)])
def test_patns_discriminators(partner: str, inputs: int) -> None:
    with torch.device("meta"):
        published = PATNDiscriminator(partner)
    entrance = 49 * inputs * 64 + 9 * 64 * 128 + 9 * 128 * 256 + 2 * (64 + 128 + 256)
    assert sum(p.numel() for p in published.parameters()) == entrance + 3 * (2 * 9 * 256**2 + 2 * 2 * 256)
    assert {"model.1.weight", "model.8.bias", "model.10.conv_block.6.weight"} <= set(published.state_dict())
    network, frames = PATNDiscriminator(partner, 2, 1, "instance").eval(), torch.rand(2, 3, 3, 32, 16)
    logits, features = network(frames, **given(), return_features=True)
    assert logits.shape == (6, 8, 8, 4)
    assert [tuple(part.shape[1:]) for part in features] == [(2, 32, 16), (4, 16, 8), (8, 8, 4)]
    key = "source" if partner == "source" else "target_keypoints"
    other = {**given(), key: given()[key].flip(0)}
    assert not torch.equal(network(frames, **other), logits)


@pytest.mark.parametrize("norm", ["batch", "spectral", "instance", "none"])
def test_gradients_reach_frames_and_all_parameters(norm: str) -> None:
    network, frames = DCGANPairDiscriminator(32, 16, 4, norm), torch.rand(2, 3, 3, 32, 16, requires_grad=True)
    network(frames, **given()).square().mean().backward()
    assert frames.grad.abs().sum() > 0
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_wrong_sizes_and_partners_name_the_remedy() -> None:
    with pytest.raises(UserError, match="frames of 64 x 100 pixels do not fit"):
        DCGANPairDiscriminator(100, 64)
    with pytest.raises(UserError, match="made for 16 x 32 pixels and is given 32 x 32"):
        DCGANPairDiscriminator(32, 16, 4)(torch.rand(2, 3, 3, 32, 32), **given(height=32, width=32))
    with pytest.raises(UserError, match="partner is 'face'; it is one of source, pose"):
        DCGANPairDiscriminator(32, 16, partner="face")
