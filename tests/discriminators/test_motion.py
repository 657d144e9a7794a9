"""The discriminator of key points over time."""

import torch

from vidgan.discriminators.motion import MotionDiscriminator


def test_discriminator_judges_motion_not_place() -> None:
    judge = MotionDiscriminator(channels=8)
    tracks = 100 * torch.rand(2, 64, 18, 2, generator=torch.Generator().manual_seed(0))
    logits, features = judge(tracks, return_features=True)
    assert logits.shape == (2, 1, 9)
    assert [feature.shape[-1] for feature in features] == [33, 17, 9]
    assert judge(tracks[:, :3]).shape == (2, 1, 2), "short clips too"
    torch.testing.assert_close(judge(tracks + 50), logits, rtol=0, atol=1e-4)
