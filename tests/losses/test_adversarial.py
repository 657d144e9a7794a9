import math

import pytest
import torch
from torch.nn import functional as F

from vidgan.losses.adversarial import Hinge, LeastSquares, RelativisticAverage, Vanilla, Wasserstein

REAL = torch.tensor([[2.0], [0.5]])
FAKE = torch.tensor([[-3.0], [1.0]])


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x))


def test_vanilla():
    loss = Vanilla()
    real = -(log_sigmoid(2) + log_sigmoid(0.5)) / 2
    fake = -(log_sigmoid(3) + log_sigmoid(-1)) / 2
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(real + fake)
    assert loss.generator(FAKE).item() == pytest.approx(-(log_sigmoid(-3) + log_sigmoid(1)) / 2)
    torch.testing.assert_close(loss.generator(FAKE), F.binary_cross_entropy_with_logits(FAKE, torch.ones(2, 1)))


def test_vanilla_does_not_saturate():
    logits = torch.tensor([-100.0], requires_grad=True)
    Vanilla().generator(logits).backward()
    assert logits.grad.item() == -1


def test_least_squares():
    assert LeastSquares().discriminator(REAL, FAKE).item() == pytest.approx((1 + 0.25) / 4 + (9 + 1) / 4)
    assert LeastSquares().generator(FAKE).item() == pytest.approx((16 + 0) / 2)


def test_hinge():
    assert Hinge().discriminator(REAL, FAKE).item() == pytest.approx((0 + 0.5) / 2 + (0 + 2) / 2)
    assert Hinge().generator(FAKE).item() == pytest.approx(1)


def test_wasserstein():
    assert Wasserstein().discriminator(REAL, FAKE).item() == pytest.approx(-1 - 1.25)
    assert Wasserstein().generator(FAKE).item() == pytest.approx(1)


def test_relativistic_average():
    # Means: real 1.25, fake -1. Real over the average fake: 3, 1.5; fake over the average real: -4.25, -0.25.
    real_wins = -(log_sigmoid(3) + log_sigmoid(1.5)) / 2
    fake_loses = -(log_sigmoid(4.25) + log_sigmoid(0.25)) / 2
    assert RelativisticAverage().discriminator(REAL, FAKE).item() == pytest.approx((real_wins + fake_loses) / 2)
    real_loses = -(log_sigmoid(-3) + log_sigmoid(-1.5)) / 2
    fake_wins = -(log_sigmoid(-4.25) + log_sigmoid(-0.25)) / 2
    assert RelativisticAverage().generator(REAL, FAKE).item() == pytest.approx((real_loses + fake_wins) / 2)


def test_relativistic_generator_leaves_the_real_side_alone():
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    RelativisticAverage().generator(real_logits=real, fake_logits=fake).backward()
    assert real.grad is None
    assert (fake.grad < 0).all()


@pytest.mark.parametrize("loss", [Vanilla(), LeastSquares(), Hinge(), RelativisticAverage(), Wasserstein()])
def test_both_sides_pull_apart(loss):
    real, fake = torch.zeros(3, 1, requires_grad=True), torch.full((3, 1), 0.1, requires_grad=True)
    loss.discriminator(real_logits=real, fake_logits=fake).backward()
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


@pytest.mark.parametrize("loss", [Vanilla(), LeastSquares(), Hinge(), RelativisticAverage(), Wasserstein()])
def test_means_of_half_precision_logits_are_full(loss):
    logits = torch.linspace(-1, 1, 3001)[:, None].bfloat16()
    value = loss.discriminator(real_logits=logits, fake_logits=logits)
    assert value.dtype == torch.float32
    # Float32 means of 3,001 terms of up to 4, in whatever order; a mean in bfloat16 would be off by 4e-3 of itself.
    torch.testing.assert_close(value, loss.discriminator(logits.float(), logits.float()), atol=2e-4, rtol=0)


@pytest.mark.parametrize(
    ("loss", "real", "fake"),
    [
        (Vanilla(), 1.0, 0.5),  # on either side of 0
        (Hinge(), 1.0, 0.5),
        (LeastSquares(), 0.5, 0.5),  # of 1/2: a real logit of 0.5 is on no side
        (RelativisticAverage(), 1.0, 1.0),  # real 2 and 0.5 above the average fake, -1; fake -3 and 1 below 1.25
    ],
)
def test_accuracy_is_by_the_losses_own_threshold(loss, real, fake):
    assert [share.item() for share in loss.accuracy(REAL, FAKE)] == [real, fake]


@pytest.mark.parametrize("loss", [Vanilla(), LeastSquares(), Hinge()])
def test_at_its_threshold_a_logit_costs_as_much_on_either_side(loss):
    far = {"real": torch.tensor([[1e4]]), "fake": torch.tensor([[-1e4]])}  # for hinge and vanilla: costs nothing
    logit = torch.tensor([[loss.threshold]])
    if isinstance(loss, LeastSquares):
        far = {"real": torch.tensor([[1.0]]), "fake": torch.tensor([[0.0]])}
    assert loss.discriminator(logit, far["fake"]) == loss.discriminator(far["real"], logit)


def test_a_critic_has_no_accuracy():
    assert not hasattr(Wasserstein(), "accuracy")
