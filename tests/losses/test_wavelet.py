import pytest
import torch

from vidgan.losses.wavelet import Wavelet, stationary_haar

CLIP = torch.rand(1, 2, 3, 12, 16, generator=torch.Generator().manual_seed(0))


def test_a_single_pixel_by_hand():
    """Of one pixel of 1 each detail has four numbers of 1/4 of 64 at level 1, and sixteen of 1/16 at level 2."""
    real = torch.zeros(1, 1, 1, 8, 8)
    fake = real.clone()
    fake[..., 3, 5] = 1
    assert Wavelet(levels=1)(fake, real).item() == pytest.approx(1 / 64)
    assert Wavelet(levels=2)(fake, real).item() == pytest.approx(2 / 64)


def test_an_edge_between_columns_is_a_detail_of_columns_alone():
    """A step of 1 and, as frames are continued periodically, one back: two of eight columns are half of it."""
    frames = torch.zeros(8, 8)
    frames[:, 4:] = 1
    (first, second), left = stationary_haar(frames, 2)
    assert first.abs().mean((1, 2)).tolist() == [0, 2 * 0.5 / 8, 0]
    # Means of two columns are 0 0 0 .5 1 1 1 .5; their half differences two apart: two of .25 and one of .5 a step.
    assert second.abs().mean((1, 2)).tolist() == [0, 2 * (0.25 + 0.5 + 0.25) / 8, 0]
    assert left.mean() == 0.5


def test_the_energy_is_kept():
    details, left = stationary_haar(CLIP, 3)
    energy = sum(detail.square().sum() for detail in details) + left.square().sum()
    torch.testing.assert_close(energy, CLIP.square().sum())


def test_the_details_and_the_rest_sum_up_to_the_frames():
    """With these filters a pixel is the sum of its mean and its three half differences, level by level."""
    details, left = stationary_haar(CLIP, 3)
    torch.testing.assert_close(sum(detail.sum(0) for detail in details) + left, CLIP)


def test_coefficients_are_those_of_pywavelets():
    """Of ``pywt.swt2(numpy.arange(16.0).reshape(4, 4) ** 2, "haar", 2, norm=True)`` in PyWavelets 1.9."""
    details, _ = stationary_haar(torch.arange(16.0).square().view(4, 4), 2)
    rows = [[-10, -14, -18, -14], [-26, -30, -34, -30], [-42, -46, -50, -46], [78, 90, 102, 90]]
    both = [[2, 2, 2, -6], [2, 2, 2, -6], [2, 2, 2, -6], [-6, -6, -6, 18]]
    assert details[0][0].tolist() == rows
    assert details[0][2].tolist() == both
    rows, both = [[-60] * 4, [-16] * 4, [60] * 4, [16] * 4], [[8, 0, -8, 0], [0] * 4, [-8, 0, 8, 0], [0] * 4]
    assert details[1][0].tolist() == rows
    assert details[1][2].tolist() == both


def test_where_an_edge_lies_does_not_matter():
    other = torch.rand(CLIP.shape, generator=torch.Generator().manual_seed(1))
    moved = Wavelet()(CLIP.roll((1, 1), (-2, -1)), other.roll((1, 1), (-2, -1)))
    torch.testing.assert_close(moved, Wavelet()(CLIP, other))


def test_brightness_alone_costs_nothing():
    assert Wavelet()(CLIP + 0.25, CLIP).item() == pytest.approx(0, abs=1e-6)
