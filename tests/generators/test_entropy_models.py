"""Distributions sum to one, tables to 2^24, and quantiles go where they belong."""

import math

import torch
from scipy import stats

from vidgan.generators.entropy_models import (
    PRECISION,
    FactorizedPrior,
    GaussianModel,
    bits_of,
    noisy,
    rounded,
    table_of,
    tabled_bits,
    whole,
)


def trained_prior(deviation: float = 1.5, middle: float = 0.7) -> FactorizedPrior:
    """A prior of one channel that has learned a normal distribution."""
    prior = FactorizedPrior(1, spread=2.0)
    model = torch.optim.Adam([p for n, p in prior.named_parameters() if n != "quantiles"], lr=2e-2)
    quantiles = torch.optim.Adam([prior.quantiles], lr=5e-2)
    z = middle + deviation * torch.randn(1, 1, 64, 64)
    for _ in range(250):
        for optimizer, loss in ((model, bits_of(prior.likelihood(noisy(z))).mean()), (quantiles, None)):
            optimizer.zero_grad()
            (prior.auxiliary_loss() if loss is None else loss).backward()
            optimizer.step()
    return prior


def test_a_channel_has_the_published_number_of_parameters() -> None:
    prior = FactorizedPrior(5)
    assert sum(p.numel() for p in prior.parameters()) == 5 * 61  # CompressAI's EntropyBottleneck(filters=(3, 3, 3, 3))
    assert {name: p.numel() // 5 for name, p in prior.named_parameters()} == {
        **{f"matrices.{index}": count for index, count in enumerate((3, 9, 9, 9, 3))},
        **{f"biases.{index}": count for index, count in enumerate((3, 3, 3, 3, 1))},
        **{f"factors.{index}": 3 for index in range(4)},
        "quantiles": 3,
    }


def test_likelihoods_of_all_whole_numbers_sum_to_one() -> None:
    points = torch.arange(-400.0, 401).view(1, 1, 1, -1)
    sums = FactorizedPrior(3).likelihood(points.expand(1, 3, 1, -1)).sum((0, 2, 3))
    torch.testing.assert_close(sums, torch.ones(3))
    sums = GaussianModel().likelihood(points.expand(1, 3, 1, -1), torch.full((1, 3, 1, 1), 40.0)).sum((0, 2, 3))
    torch.testing.assert_close(sums, torch.ones(3))


def test_a_prior_learns_a_distribution_and_its_quantiles() -> None:
    prior = trained_prior()
    symbols = torch.arange(-6.0, 9).view(1, 1, 1, -1)
    wanted = stats.norm(0.7, 1.5)
    likely = [wanted.cdf(k + 0.5) - wanted.cdf(k - 0.5) for k in symbols.flatten().tolist()]
    # Noise widens what is learned by 1/12 of variance, and 4,096 samples leave a hundredth.
    torch.testing.assert_close(
        prior.likelihood(symbols).flatten().detach(), torch.tensor(likely).float(), rtol=0, atol=0.03
    )
    low, median, high = prior.quantiles[0].tolist()
    assert low < -3 < 0.5 < median < 0.9 < 4 < high


def test_tables_are_brought_up_to_date_when_they_are_written() -> None:
    prior = trained_prior()
    stale = prior.tables.clone()
    tables = prior.state_dict()["tables"]
    assert not torch.equal(tables, stale)
    assert (tables >= 1).all()
    assert tables.sum(1).tolist() == [2**PRECISION]
    other = FactorizedPrior(1)
    other.load_state_dict(prior.state_dict())
    assert torch.equal(other.tables, tables)  # those of the file, not made anew


def test_gaussian_tables_are_those_of_the_normal_distribution() -> None:
    model = GaussianModel()
    assert model.tables.shape == (64, 511)
    assert (model.tables >= 1).all()
    assert set(model.tables.sum(1).tolist()) == {2**PRECISION}
    scales = model.scales(torch.arange(64.0)).tolist()
    assert math.isclose(scales[0], 0.11, rel_tol=1e-5)
    assert math.isclose(scales[-1], 256, rel_tol=1e-5)
    for row in (0, 20, 30):
        wanted = stats.norm(0, scales[row])
        for symbol in (0, 1, -2):
            likely = wanted.cdf(symbol + 0.5) - wanted.cdf(symbol - 0.5)
            assert abs(model.tables[row, symbol + 255].item() / 2**PRECISION - likely) < 1e-4
    torch.testing.assert_close(model.number(model.scales(torch.arange(64.0))), torch.arange(64.0), atol=1e-3, rtol=0)


def test_bits_of_tables_by_hand() -> None:
    tables = table_of(torch.tensor([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]))
    assert tables.sum(1).tolist() == [2**PRECISION] * 2
    assert tables[1].tolist() == [2**PRECISION - 2, 1, 1]
    rows, symbols = torch.tensor([[0, 0, 1]]), torch.tensor([[0, 2, 1]])
    torch.testing.assert_close(
        tabled_bits(tables, rows, symbols), torch.tensor([1.0 + 2.0 + PRECISION]), rtol=1e-5, atol=0
    )


def test_rounding_goes_about_the_mean_and_lets_gradients_through() -> None:
    x = torch.tensor([0.2, 1.3], requires_grad=True)
    made = rounded(x, torch.tensor([0.4, 0.4]))
    torch.testing.assert_close(made.detach(), torch.tensor([0.4, 1.4]))
    made.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1]
    assert whole(torch.tensor([-9.0, 0.4, 9.6]), 8).tolist() == [-8, 0, 8]
