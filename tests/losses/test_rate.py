import pytest
import torch

from vidgan.losses.rate import Distortion, Rate


def test_bits_are_those_of_a_pixel() -> None:
    real = torch.zeros(2, 3, 3, 4, 8)
    bits = torch.tensor([[64.0, 0.0, 32.0], [96.0, 0.0, 0.0]])
    assert Rate()(bits, real).item() == pytest.approx((64 + 32 + 96) / (6 * 32))


def test_each_clip_has_its_own_weight() -> None:
    real = torch.zeros(2, 1, 3, 4, 4)
    fake = torch.stack([torch.full((1, 3, 4, 4), 2 / 255), torch.full((1, 3, 4, 4), 1 / 255)])
    assert Distortion()(fake, real, torch.tensor([0.1, 0.5])).item() == pytest.approx((0.1 * 4 + 0.5 * 1) / 2)
