import math

import pytest
import torch

from vidgan.losses.feature_matching import FeatureMatching
from vidgan.losses.pixel import L1, MSE, Charbonnier, HoleL1, MaskedL1, PSNRLoss, ValidL1


def clips(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 2, 1, 1, 2)


FAKE, REAL = clips(0.0, 0.5, 1.0, 0.25), clips(0.5, 0.5, 0.0, 0.0)


def test_values_by_hand():
    assert L1()(FAKE, REAL).item() == pytest.approx((0.5 + 1 + 0.25) / 4)
    assert MSE()(FAKE, REAL).item() == pytest.approx((0.25 + 1 + 0.0625) / 4)
    by_hand = (math.sqrt(0.26) + 0.1 + math.sqrt(1.01) + math.sqrt(0.0725)) / 4
    assert Charbonnier(eps=0.1)(FAKE, REAL).item() == pytest.approx(by_hand)


def test_less_the_psnr_of_each_frame():
    real = torch.full((1, 2, 3, 4, 4), 0.5)
    fake = real + torch.tensor([0.1, 0.01]).view(1, 2, 1, 1, 1)
    assert PSNRLoss()(fake, real).item() == pytest.approx(-(20 + 40) / 2, abs=1e-2)
    red = real.clone()
    red[:, :, 0] += 0.1
    of_luma = PSNRLoss(color="y")(red, real).item()
    assert of_luma == pytest.approx(20 * math.log10(0.1 * 65.481 / 255), abs=1e-2)
    assert PSNRLoss()(real, real).item() == pytest.approx(-80)


def test_holes_count_by_their_size():
    mask = clips(1.0, 1.0, 0.0, 1.0)
    assert HoleL1()(FAKE, REAL, mask).item() == pytest.approx((0.5 + 0 + 0.25) / 3)
    colors = FAKE.expand(1, 2, 3, 1, 2)
    assert HoleL1()(colors, REAL, mask).item() == pytest.approx((0.5 + 0 + 0.25) / 3)
    assert HoleL1()(FAKE, REAL, torch.zeros_like(mask)).item() == 0


def test_what_is_around_holes_has_a_mean_of_its_own():
    mask = clips(1.0, 0.0, 0.0, 1.0)
    assert ValidL1()(FAKE, REAL, mask).item() == pytest.approx((0 + 1) / 2)
    assert ValidL1()(FAKE, REAL, torch.ones_like(mask)).item() == 0


def test_pg2_weighs_the_person_twice():
    mask = clips(1.0, 1.0, 0.0, 1.0)
    assert MaskedL1()(FAKE, REAL, mask).item() == pytest.approx((0.5 + 0.25) / 4)
    both = (L1()(FAKE, REAL) + MaskedL1()(FAKE, REAL, mask)).item()
    assert both == pytest.approx(((FAKE - REAL).abs() * (1 + mask)).mean().item())


def test_charbonnier_is_smooth_where_clips_agree():
    fake = REAL.clone().requires_grad_()
    loss = Charbonnier(eps=1e-3)(fake, REAL)
    loss.backward()
    assert loss.item() == pytest.approx(1e-3)
    assert fake.grad.abs().sum() == 0


def test_feature_matching_averages_over_stages_and_spares_the_real_side():
    fake = [torch.zeros(2, 3, requires_grad=True), torch.zeros(1, 8, requires_grad=True)]
    real = [torch.full((2, 3), 2.0, requires_grad=True), torch.full((1, 8), -1.0, requires_grad=True)]
    loss = FeatureMatching()(fake_features=fake, real_features=real)
    assert loss.item() == 1.5
    loss.backward()
    torch.testing.assert_close(fake[0].grad, torch.full((2, 3), -1 / 12))
    torch.testing.assert_close(fake[1].grad, torch.full((1, 8), 1 / 16))
    assert real[0].grad is None


def test_feature_matching_refuses_unequal_stages():
    with pytest.raises(ValueError, match="zip"):
        FeatureMatching()([torch.zeros(1)], [])
