import pytest
import torch

from vidgan.losses.ldl import LocallyDiscriminative

REAL = torch.full((1, 2, 3, 16, 16), 0.5)
FAR = REAL + 0.4


def test_a_single_pixel_by_hand():
    """One error of d among n numbers has an unbiased variance of d^2 / n, in the frame and in its window."""
    fake = REAL.clone()
    fake[:, 0, 1, 8, 8] += 0.25
    found = LocallyDiscriminative()(fake, REAL, fake)
    weight = (0.25**2 / 49) * (0.25**2 / 256) ** 0.2
    assert found.item() == pytest.approx(weight * 0.25 / REAL.numel(), rel=1e-4)  # float32 variances


def test_where_the_average_errs_more_nothing_counts():
    fake = REAL + torch.rand(REAL.shape, generator=torch.Generator().manual_seed(0)) / 10
    assert LocallyDiscriminative()(fake, REAL, FAR).item() == 0
    half = torch.cat([REAL[..., :8], FAR[..., 8:]], -1)
    seen = LocallyDiscriminative()(fake, REAL, half)
    assert 0 < seen.item() < LocallyDiscriminative()(fake, REAL, REAL).item()


def test_an_error_that_is_the_same_everywhere_is_no_artifact():
    assert LocallyDiscriminative()(REAL + 0.25, REAL, REAL).item() == pytest.approx(0, abs=1e-12)


def test_windows_are_mirrored_at_the_edges():
    """A window of 3 around the corner has the pixel across it four times."""
    error = torch.zeros(1, 1, 6, 6)
    error[..., 1, 1] = 0.3
    found = LocallyDiscriminative(3)._within_windows(error)[0, 0, 0, 0].item()
    assert found == pytest.approx(torch.tensor([0.3] * 4 + [0.0] * 5).var().item())


def test_equal_clips_have_a_gradient():
    fake = REAL.clone().requires_grad_()
    LocallyDiscriminative()(fake, REAL, REAL).backward()
    assert fake.grad.abs().sum() == 0


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="needs frames of 4 pixels a side; given 16 x 3"):
        LocallyDiscriminative()(REAL[..., :3, :], REAL[..., :3, :], REAL[..., :3, :])
    with pytest.raises(ValueError, match="window is 4; it must be odd"):
        LocallyDiscriminative(4)
