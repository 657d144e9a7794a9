import pytest
import torch
from torch import nn

from vidgan.discriminators.patch import PatchGAN
from vidgan.discriminators.spatio_temporal import SpatioTemporalDiscriminator
from vidgan.discriminators.t_patch import TemporalPatchGAN
from vidgan.losses.penalties import R1, GradientPenalty
from vidgan.namespace import asked_by
from vidgan.randomness import uniform

SEEDS = torch.tensor([3, 5])
SHAPE = (2, 3, 1, 2, 2)


class Linear(nn.Module):
    """w . x of each frame, or of each clip."""

    def __init__(self, framewise: bool) -> None:
        super().__init__()
        self.framewise = framewise
        self.weight = nn.Parameter(torch.arange(1.0, 5.0 if framewise else 13.0))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return frames.flatten(0, 1 if self.framewise else 0).flatten(1) @ self.weight[:, None]


@pytest.mark.parametrize("framewise", [True, False])
def test_r1_of_a_linear_discriminator_is_its_squared_norm(framewise):
    network = Linear(framewise)
    penalty = R1()(network, torch.rand(SHAPE))
    torch.testing.assert_close(penalty, network.weight.square().sum())
    penalty.backward()
    torch.testing.assert_close(network.weight.grad, 2 * network.weight.detach())


@pytest.mark.parametrize("framewise", [True, False])
def test_gradient_penalty_of_a_linear_discriminator(framewise):
    network = Linear(framewise)
    penalty = GradientPenalty()(network, torch.rand(SHAPE), torch.rand(SHAPE), SEEDS)
    torch.testing.assert_close(penalty, (network.weight.norm() - 1).square())
    penalty.backward()
    norm = network.weight.detach().norm()
    torch.testing.assert_close(network.weight.grad, 2 * (norm - 1) / norm * network.weight.detach())


def test_gradient_penalty_lies_between_real_and_fake():
    seen = []

    def square(frames: torch.Tensor) -> torch.Tensor:
        seen.append(frames.detach())
        return frames.square().flatten(1).sum(1) / 2

    real, fake = torch.rand(SHAPE), torch.rand(SHAPE)
    penalty = GradientPenalty()(square, real, fake, SEEDS)
    share = uniform(SEEDS, "gradient_penalty").view(2, 1, 1, 1, 1)
    between = share * real + (1 - share) * fake
    torch.testing.assert_close(seen[0], between)
    torch.testing.assert_close(penalty, (between.flatten(1).norm(dim=1) - 1).square().mean())  # slope of x^2 / 2 is x


def test_flat_discriminator_has_a_finite_gradient():
    weight = torch.zeros(4, 1, requires_grad=True)
    penalty = GradientPenalty()(
        lambda x: x.flatten(0, 1).flatten(1) @ weight, torch.rand(SHAPE), torch.rand(SHAPE), SEEDS
    )
    assert penalty.item() == pytest.approx(1, abs=1e-5)  # the slope is the root of a small number, not 0
    penalty.backward()
    assert torch.isfinite(weight.grad).all()


@pytest.mark.parametrize("network", [PatchGAN(2, 1), TemporalPatchGAN(2)], ids=["patch", "t_patch"])
@pytest.mark.parametrize("penalty", [R1(), GradientPenalty()], ids=["r1", "gradient_penalty"])
def test_penalties_train_convolutions_under_autocast(network, penalty):
    real, fake = torch.rand(2, 3, 3, 16, 16), torch.rand(2, 3, 3, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        there = {"discriminator": network, "real": real, "fake": fake, "seeds": SEEDS}
        value = penalty(**asked_by(penalty).of(there, "penalty"))
    assert value.dtype == torch.float32
    value.backward()
    assert any(parameter.grad.abs().sum() > 0 for parameter in network.parameters() if parameter.grad is not None)
    assert real.grad is None


def test_r1_sees_through_warping():
    network = SpatioTemporalDiscriminator(16, 2).eval()  # so that the slope at a sample depends on that sample alone
    low, flow = torch.rand(2, 3, 3, 4, 4), torch.rand(2, 2, 2, 4, 4)
    real = torch.rand(2, 3, 3, 16, 16)

    penalty = R1()(lambda frames: network(frames, low, flow), real)
    penalty.backward()
    weight = network.dense.weight
    torch.testing.assert_close((weight.grad * weight).sum(), 2 * penalty)  # quadratic in the last layer (Euler)
