import pytest
import torch

from vidgan.losses.census import Census

CLIP = torch.rand(1, 2, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def test_one_neighbourhood_by_hand():
    """Frames as large as the neighbourhood, which one pixel has whole: one neighbour of eight is brighter by 0.5."""
    real = torch.zeros(1, 1, 3, 3, 3)
    fake = real.clone()
    fake[..., 0, 2] = 0.5
    sign = 0.5 / (0.81 + 0.25) ** 0.5
    assert Census(patch=3)(fake, real).item() == pytest.approx(sign**2 / (0.1 + sign**2) / 9 / 9)
    fake[..., 0, 2], fake[..., 1, 1] = 0, 0.5  # now all eight are darker
    assert Census(patch=3)(fake, real).item() == pytest.approx(8 * sign**2 / (0.1 + sign**2) / 9 / 9)


def test_brightness_costs_nothing_and_hard_signs_do_not_see_contrast():
    assert Census()(CLIP + 0.3, CLIP).item() == pytest.approx(0, abs=1e-9)
    assert Census()(CLIP * 2, CLIP).item() > 1e-3
    assert Census(softness=1e-5)(CLIP * 2, CLIP).item() == pytest.approx(0, abs=1e-6)


def test_pixels_of_equal_gray_are_equal():
    assert Census()(CLIP, CLIP.flip(2)).item() == pytest.approx(0, abs=1e-9)
    assert Census()(CLIP, CLIP.flip(-1)).item() > 1e-3


def test_signs_that_all_differ_are_nearly_as_far_as_can_be():
    """Of hard signs -1 and 1 the distance is 4 / 4.1; the pixel itself never differs."""
    inside = (12 - 6) * (10 - 6) / (12 * 10)
    found = Census(softness=1e-6)(CLIP, -CLIP).item()
    assert found == pytest.approx(inside * 48 / 49 * 4 / 4.1, rel=1e-4)


def test_equal_clips_have_a_gradient():
    fake = CLIP.clone().requires_grad_()
    Census()(fake, CLIP).backward()
    assert fake.grad.abs().sum() == 0


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="at least 7 pixels a side; given 10 x 6"):
        Census()(CLIP[..., :6, :], CLIP[..., :6, :])
    with pytest.raises(ValueError, match="patch is 4; it must be odd"):
        Census(patch=4)
