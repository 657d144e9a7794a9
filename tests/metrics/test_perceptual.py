"""Measures of what people see: MS-SSIM, DISTS, EfficientNet-Lite0, tLP, flicker and VMAF."""

import math
from pathlib import Path

import pytest
import torch
from kornia.filters import gaussian_blur2d
from kornia.metrics import ssim
from torch import Tensor
from torch.nn import functional as F

from vidgan.config.paths import ROOT
from vidgan.errors import UserError
from vidgan.metrics.dists import DISTS, L2Pooling, VGG16Features
from vidgan.metrics.flicker import Flicker, FlickerFactor
from vidgan.metrics.lite0 import FrechetLite0, Lite0Distance
from vidgan.metrics.lpips import LPIPS, TLP, AlexNetFeatures
from vidgan.metrics.ms_ssim import MultiScaleSSIM
from vidgan.metrics.vmaf import VMAF
from vidgan.video.reader import iterate


@pytest.fixture(scope="module")
def street() -> Tensor:
    """(1, 3, H, W), a frame of the shipped street in [0, 1]."""
    frame = next(iter(iterate(ROOT / "assets/clips/test/street_walk.mp4")))
    return torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float() / 255


def noisy(images: Tensor, deviation: float) -> Tensor:
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + deviation * noise).clamp(0, 1)


def test_ms_ssim_by_hand(street: Tensor) -> None:
    """Contrast and structure at five scales, luminance at the last (Wang et al. 2003, equation 7), reflected there."""
    fake, real = noisy(street, 0.1).double(), street.double()
    expected = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        product = ssim(fake, real, 11, max_val=1.0, eps=0.0, padding="valid" if scale < 4 else "same")
        if scale < 4:
            a, b = (F.conv2d(x.transpose(0, 1), _window()).transpose(0, 1) for x in (fake, real))
            product = product / ((2 * a * b + 1e-4) / (a * a + b * b + 1e-4))
        expected *= float(product.mean()) ** weight
        fake, real = F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2)
    assert MultiScaleSSIM()(noisy(street, 0.1), street) == pytest.approx(expected, rel=1e-4)


def _window() -> Tensor:
    x = torch.arange(11, dtype=torch.float64) - 5
    line = torch.exp(-x.square() / (2 * 1.5**2))
    window = line[:, None] * line
    return (window / window.sum())[None, None]


def test_ms_ssim_needs_five_scales() -> None:
    with pytest.raises(UserError, match="MS-SSIM needs frames of at least 176 pixels a side"):
        MultiScaleSSIM()(torch.rand(1, 3, 175, 200), torch.rand(1, 3, 175, 200))
    smallest = torch.rand(1, 3, 176, 176)
    assert MultiScaleSSIM()(smallest, smallest) == pytest.approx(1, rel=1e-12)  # of equal sums of doubles


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights under the published keys."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "vgg16.pth"
    torch.save(VGG16Features().state_dict() | {"classifier.0.weight": torch.zeros(2, 2)}, path)
    return path


def test_vgg16_has_its_published_size_and_keys() -> None:
    state = VGG16Features().state_dict()
    assert sum(value.numel() for value in state.values()) == 14_714_688
    convolutions = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    assert set(state) == {f"features.{index}.{kind}" for index in convolutions for kind in ("weight", "bias")}


def test_l2_pooling_of_a_constant_is_the_constant() -> None:
    pooled = L2Pooling()(torch.full((1, 2, 8, 8), 3.0))
    assert pooled.shape == (1, 2, 4, 4)
    torch.testing.assert_close(pooled[..., 1:, 1:], torch.full((1, 2, 3, 3), 3.0))


def test_dists_by_hand(vgg16: Path) -> None:
    metric = DISTS(vgg16)
    fake, real = torch.rand(2, 1, 3, 32, 32)
    weights = metric.network.weights
    alpha, beta = weights.alpha.flatten().tolist(), weights.beta.flatten().tolist()
    score, channel = 0.0, 0
    maps = zip(metric.network.backbone(fake), metric.network.backbone(real), strict=True)
    for a, b in ((a[0].double(), b[0].double()) for a, b in maps):
        for x, y in zip(a, b, strict=True):
            texture = (2 * x.mean() * y.mean() + 1e-6) / (x.mean() ** 2 + y.mean() ** 2 + 1e-6)
            covariance = ((x - x.mean()) * (y - y.mean())).mean()
            structure = (2 * covariance + 1e-6) / (x.var(correction=0) + y.var(correction=0) + 1e-6)
            score += alpha[channel] * float(texture) + beta[channel] * float(structure)
            channel += 1
    assert channel == 1475
    assert metric(fake, real) == pytest.approx(1 - score / (sum(alpha) + sum(beta)), abs=1e-5)
    assert metric(fake, fake) == pytest.approx(0, abs=1e-6)


def test_lite0_orders_as_people_do(street: Tensor) -> None:
    metric = Lite0Distance()
    distances = [
        metric(street, street),
        metric(street[..., 1:], street[..., :-1]),
        metric(noisy(street, 0.05), street),
        metric(gaussian_blur2d(street, (9, 9), (1.5, 1.5)), street),
        metric(noisy(street, 0.2), street),
    ]
    assert distances[0] == 0
    assert distances == sorted(distances)


def test_lite0_features_of_a_set(street: Tensor) -> None:
    """Of two frames a side: the means' distance and, along one line u or v a side, |u|^2 + |v|^2 - 2 |u v|."""
    metric = FrechetLite0()
    clips = [street[..., :64, :64], street[..., :64, 64:128]]
    same = metric.combine([metric.collect(clip, clip) for clip in clips])
    other = metric.combine([metric.collect(noisy(clip, 0.2), clip) for clip in clips])
    assert metric.features(clips[0]).shape == (1, 1280)
    made, real = (
        torch.cat([metric.features(c) for c in side]).double() for side in ([noisy(clip, 0.2) for clip in clips], clips)
    )
    u, v = ((side[0] - side[1]) / 2**0.5 for side in (made, real))
    expected = float((made.mean(0) - real.mean(0)).square().sum() + u @ u + v @ v - 2 * (u @ v).abs())
    # The features are the same numbers in both; the rest is double precision, see the test of two samples by hand.
    assert other == pytest.approx(expected, rel=1e-8)
    assert same == pytest.approx(0, abs=1e-8 * float(v @ v))


def test_tlp_is_the_difference_of_the_distances_over_time(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(AlexNetFeatures().state_dict(), tmp_path / "alexnet.pth")
    fake, real = torch.rand(2, 3, 3, 32, 32)
    lpips = LPIPS(tmp_path / "alexnet.pth")
    steps = [abs(lpips(fake[t : t + 1], fake[t - 1 : t]) - lpips(real[t : t + 1], real[t - 1 : t])) for t in (1, 2)]
    metric = TLP(tmp_path / "alexnet.pth")
    assert metric(fake, real) == pytest.approx(100 * sum(steps) / 2, rel=1e-4)
    assert metric(real, real) == 0
    with pytest.raises(UserError, match="tLP needs clips of at least 2 frames"):
        metric(fake[:1], real[:1])


def test_flicker_by_hand() -> None:
    """Gray levels that jump by 10 of 255 in one of two blocks: luma is 219/255 of that, half of the blocks."""
    real = torch.full((3, 3, 16, 32), 0.5)
    fake = real.clone()
    fake[1, :, :, :16] += 10 / 255
    assert Flicker()(fake, real) == pytest.approx(10 * 219 / 255 / 2, rel=1e-4)
    assert Flicker()(real + 0.1, real) == pytest.approx(0, abs=1e-5)
    with pytest.raises(UserError, match="flicker needs clips of at least 2 frames"):
        Flicker()(fake[:1], real[:1])


def test_the_flicker_factor_by_hand() -> None:
    """Brightness 0 1 0 1 has second differences of 2, and 0 0.5 1 0.5 of 0 and 1: a factor of 2 / 0.5."""
    brightness = torch.tensor([[0, 1.0, 0, 1], [0, 0.5, 1, 0.5]])
    made, real = brightness.view(2, 4, 1, 1, 1).expand(2, 4, 3, 5, 6)
    flicker = FlickerFactor()
    assert flicker(made, real) == pytest.approx(4)
    assert flicker(real, real) == 1
    assert flicker(real[:1].expand(4, -1, -1, -1), real) == 0
    assert math.isnan(flicker(made, torch.ones(4, 3, 5, 6)))
    with pytest.raises(UserError, match="at least 3 frames and this one has 2"):
        flicker(made[:2], real[:2])


def test_vmaf_falls_with_noise_and_blur(street: Tensor) -> None:
    real = street[..., :128, :192].expand(2, -1, -1, -1)
    scores = [VMAF()(real, real), VMAF()(noisy(real, 0.02), real), VMAF()(gaussian_blur2d(real, (9, 9), (2, 2)), real)]
    assert scores[0] > 95
    assert scores == sorted(scores, reverse=True)


def test_vmaf_tells_what_ffmpeg_says() -> None:
    with pytest.raises(UserError, match="VMAF: FFmpeg failed on 0x0 pixels: "):
        VMAF()(torch.rand(1, 3, 0, 0), torch.rand(1, 3, 0, 0))
