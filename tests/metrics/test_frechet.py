"""Frechet distances of Gaussians by hand, and feature networks that come as TorchScript."""

import hashlib
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import _compute_fid

from vidgan.errors import UserError
from vidgan.metrics.frechet import FID, FVD, Sums, frechet_distance
from vidgan.metrics.inception_score import InceptionScore
from vidgan.protocols.protocol import Protocol


def samples(mean: list[float], deviations: list[float]) -> Tensor:
    """Points whose sample mean and covariance are exactly these: two on each axis."""
    points = torch.diag(torch.tensor(deviations, dtype=torch.float64) * (len(mean) - 0.5) ** 0.5)
    return torch.tensor(mean, dtype=torch.float64) + torch.cat([points, -points])


def test_two_gaussians_by_hand() -> None:
    """|(1, 2) - (0, 0)|^2 + (3 - 1)^2 + (2 - 5)^2 = 5 + 4 + 9 for deviations (3, 2) and (1, 5)."""
    a, b = Sums.of(samples([1, 2], [3, 2])), Sums.of(samples([0, 0], [1, 5]))
    torch.testing.assert_close(a.covariance, torch.diag(torch.tensor([9.0, 4.0], dtype=torch.float64)))
    assert frechet_distance(a, b) == pytest.approx(18, rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_two_samples_of_many_features_by_hand() -> None:
    """Along one line each, u and v: |u|^2 + |v|^2 - 2 |u v|; the covariances' other 499 eigenvalues are 0 but rounded.

    Their roots are 1e-8 of the deviations, which the product with a deviation of the other side can add to the result.
    """
    u, v = torch.randn(2, 500, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    a, b = (Sums.of(torch.stack([side, -side]) / 2**0.5) for side in (u, v))
    expected = float(u @ u + v @ v - 2 * (u @ v).abs())
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-8 * float(u @ u))


def test_torchmetrics_finds_the_same() -> None:
    x, y = torch.randn(50, 4).double(), 2 * torch.randn(40, 4).double() @ torch.randn(4, 4).double() + 1
    expected = _compute_fid(x.mean(0), x.T.cov(), y.mean(0), y.T.cov())
    assert frechet_distance(Sums.of(x), Sums.of(y)) == pytest.approx(float(expected), rel=1e-6)


def test_sums_of_parts_are_sums_of_the_whole() -> None:
    x = torch.randn(30, 3).double()
    parts = Sums.of(x[:7]) + Sums.of(x[7:])
    torch.testing.assert_close(parts.mean, x.mean(0))
    torch.testing.assert_close(parts.covariance, x.T.cov())


class Means(nn.Module):
    """Mean of each channel of 8-bit input; what is left of the shape is flattened away."""

    def forward(self, x: Tensor, twice: bool = False) -> Tensor:
        assert x.dtype == torch.uint8
        means = x.float().mean(dim=(-2, -1))
        return 2 * means if twice else means


@pytest.fixture
def network(tmp_path: Path) -> Path:
    torch.jit.script(Means()).save(str(tmp_path / "means.pt"))
    return tmp_path / "means.pt"


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_fid_is_over_the_frames_of_all_clips(network: Path) -> None:
    metric = FID(network, checksum(network), {"twice": True})
    clips = [(torch.rand(5, 3, 8, 8), torch.rand(5, 3, 8, 8)) for _ in range(3)]
    found = metric.combine([metric.collect(fake, real) for fake, real in clips])
    sides = [2 * (255 * torch.cat(side)).round().double().mean((2, 3)) for side in zip(*clips, strict=True)]
    assert found == pytest.approx(frechet_distance(Sums.of(sides[0]), Sums.of(sides[1])), rel=1e-4)


def test_trap_no_method_beats_the_real_test_pictures(network: Path) -> None:
    """The reference is the test's own targets: the control ground truth has 0, which is the least there is."""
    metric = FID(network, checksum(network))
    clips = [torch.rand(1, 3, 8, 8) for _ in range(12)]
    scores = [
        metric.combine([metric.collect(made(clip), clip) for clip in clips])
        for made in (lambda clip: clip, lambda clip: clip.mean((-2, -1), keepdim=True).expand_as(clip), torch.rand_like)
    ]
    assert scores[0] == pytest.approx(0, abs=1e-6)
    assert min(scores[1:]) > 1e-3


class Likely(nn.Module):
    """Probabilities of three classes, those of the mean levels of the colors."""

    def forward(self, x: Tensor, no_output_bias: bool = False) -> Tensor:
        assert no_output_bias
        levels = x.float().mean(dim=(-2, -1))
        return levels / levels.sum(dim=1, keepdim=True)


def test_inception_score_by_hand(tmp_path: Path) -> None:
    """Sure of one of three classes each time: 3. The same for all: 1. By the formula in between."""
    torch.jit.script(Likely()).save(str(tmp_path / "classes.pt"))
    published = tmp_path / "classes.pt"
    metric = InceptionScore(published, checksum(published), arguments={"no_output_bias": True})

    def score(*colors: list[float]) -> float:
        clips = torch.tensor(colors)[:, None, :, None, None].expand(-1, -1, -1, 4, 4)
        return metric.combine([metric.collect(clip, torch.zeros_like(clip)) for clip in clips])

    assert score([1, 0, 0], [0, 1, 0], [0, 0, 1]) == pytest.approx(3)
    assert score([0.2, 0.4, 0.4], [0.2, 0.4, 0.4]) == pytest.approx(1)
    p = torch.tensor([[0.2, 0.8, 0], [0.6, 0.2, 0.2]], dtype=torch.float64)
    divergence = torch.nn.functional.kl_div(p.mean(0).log().expand_as(p), p, reduction="batchmean")
    assert score(*p.tolist()) == pytest.approx(float(divergence.exp()), rel=1e-6)
    assert not InceptionScore().available


def test_fvd_is_over_whole_windows(network: Path) -> None:
    metric = FVD(window=2, weights=network, sha256=checksum(network))
    assert metric.features(torch.rand(5, 3, 8, 8)).shape == (2, 3 * 2)
    with pytest.raises(UserError, match="FVD needs clips of at least 2 frames and this one has 1"):
        metric.features(torch.rand(1, 3, 8, 8))


def test_what_is_not_there_or_another_file_is_told(network: Path, tmp_path: Path) -> None:
    assert not FID().available
    text = tmp_path / "text.pt"
    text.write_text("no network")
    for metric, sentence in (
        (FID(network, "0" * 64), r"means.pt has the SHA-256 .*, not 0000"),
        (FID(tmp_path / "absent.pt", "0" * 64), r"no weight file .*absent.pt. It is published as inception"),
        (
            FVD(weights=text, sha256=checksum(text)),
            r"text.pt is no TorchScript file; FVD takes i3d_torchscript.pt",
        ),
    ):
        with pytest.raises(UserError, match=sentence):
            metric.collect(torch.rand(20, 3, 8, 8), torch.rand(20, 3, 8, 8))


@pytest.mark.parametrize("given", ["", "0" * 8, "g" * 64, "0" * 65])
def test_a_program_is_not_loaded_without_its_whole_checksum(network: Path, given: str) -> None:
    for metric in (FID, FVD, InceptionScore):
        with pytest.raises(UserError, match=r"means.pt: is TorchScript, a program .* give the 64 digits"):
            metric(weights=network, sha256=given)


def test_a_protocol_keeps_and_combines(network: Path) -> None:
    protocol = Protocol("test", "nobody", {"fid": FID(network, checksum(network))}, crop=2)
    clips = [(torch.rand(4, 3, 12, 12), torch.rand(4, 3, 12, 12)) for _ in range(2)]
    assert protocol.score(*clips[0]) == {}
    kept = [protocol.collect(fake, real) for fake, real in clips]
    inside = [
        (255 * torch.cat(side)).round()[..., 2:-2, 2:-2].double().mean((2, 3)) for side in zip(*clips, strict=True)
    ]
    expected = frechet_distance(Sums.of(inside[0]), Sums.of(inside[1]))
    assert protocol.combine(kept) == {"fid": pytest.approx(expected, rel=1e-4)}
