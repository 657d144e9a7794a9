"""Three frames in a row, at several scales."""

import pytest
import torch

from vidgan.discriminators.patch import PatchGAN
from vidgan.discriminators.triplets import TripletPatchGAN
from vidgan.errors import UserError

CLIPS = torch.rand(2, 5, 3, 40, 32, generator=torch.Generator().manual_seed(0))


def test_a_patch_gan_for_each_scale() -> None:
    single = sum(p.numel() for p in PatchGAN(8, 1, inputs=9).parameters())
    assert sum(p.numel() for p in TripletPatchGAN(8, scales=3).parameters()) == 3 * (single - 1)  # no last bias


def test_scales_count_alike_in_logits_of_every_three_frames() -> None:
    network = TripletPatchGAN(8, scales=3).eval()
    logits, features = network(CLIPS, return_features=True)
    assert logits.shape == (2 * 3, 3, 18, 14)  # 40 x 32 px, halved, and 4 x 4 twice
    assert torch.equal(logits, network(CLIPS))
    sizes = [feature.shape[-2:] for feature in features[::2]]
    assert sizes == [(20, 16), (14, 11), (10, 8)]  # of 40 x 32, 29 x 23 and 20 x 16 px, 1.4 apart


def test_the_order_of_frames_matters_and_those_further_away_do_not() -> None:
    network = TripletPatchGAN(8).eval()
    logits = network(CLIPS[:1])
    other = CLIPS[:1].clone()
    other[:, 4] = 0
    assert torch.equal(network(other)[:2], logits[:2])
    assert not torch.allclose(network(other)[2], logits[2])
    assert not torch.allclose(network(CLIPS[:1].flip(1)).flip(0), logits)


def test_two_frames_are_refused() -> None:
    with pytest.raises(UserError, match="three frames in a row and is given 2"):
        TripletPatchGAN(8)(CLIPS[:, :2])
