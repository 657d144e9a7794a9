"""How probable integers are: what a rate is estimated by in training, and the tables of whole numbers that files use.

After Balle et al. 2018, "Variational image compression with a scale hyperprior". A table counts in units of 2^-24, and
each of its symbols counts once at least, so that every symbol can be coded.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PRECISION = 24  # bits of a table's total
_TAIL = math.log(2 / 1e-9 - 1)  # the logit that leaves 1e-9 outside of both quantiles
_LEAST = 1e-9  # of a likelihood: its logarithm stays finite
_WIDTHS = (3, 3, 3, 3)


def rounded(x: Tensor, about: Tensor | float = 0.0) -> Tensor:
    """The nearest whole distance from ``about``, with the gradient of the identity ("straight through")."""
    return x + ((x - about).round() + about - x).detach()


def noisy(x: Tensor) -> Tensor:
    """With the uniform noise of a rounding, which has a gradient."""
    return x + torch.rand_like(x) - 0.5


def bits_of(likelihood: Tensor) -> Tensor:
    """(B,) bits of all symbols of (B, ...) likelihoods."""
    return -(likelihood + _LEAST).log2().flatten(1).sum(1)


def table_of(probabilities: Tensor) -> Tensor:
    """(N, L) probabilities as whole numbers, each 1 or more, whose rows sum to ``2 ** PRECISION``."""
    counts = (probabilities.double() * (2**PRECISION - probabilities.shape[1])).floor().long() + 1
    counts.scatter_add_(1, counts.argmax(1, keepdim=True), 2**PRECISION - counts.sum(1, keepdim=True))
    return counts


def whole(distance: Tensor, reach: int) -> Tensor:
    """Distances as symbols, int64 from ``-reach`` to ``reach``."""
    return distance.round().clamp(-reach, reach).long()


def tabled_bits(tables: Tensor, rows: Tensor, symbols: Tensor) -> Tensor:
    """(B,) bits of symbols (B, ...), as the tables' columns count them, each in the given row of the tables."""
    return (PRECISION - tables[rows, symbols].double().log2()).flatten(1).sum(1).float()


class FactorizedPrior(nn.Module):
    """A learned distribution for each channel: 58 parameters of a cumulative function, and three quantiles.

    The quantiles are trained by :meth:`auxiliary_loss` alone: the median, about which symbols are rounded, and the two
    that leave 1e-9 on both sides, beyond which symbols are cut off.

    Args:
        channels: how many.
        spread: how wide the distributions are to begin with.

    Attributes:
        reach: symbols are whole numbers from ``-reach`` to ``reach``.
        tables: (channels, 2 * reach + 1) int64, what files are coded by; brought up to date whenever the state dict
            is asked for, and by :meth:`tabulate`.
    """

    reach = 31

    def __init__(self, channels: int, spread: float = 10.0) -> None:
        super().__init__()
        self.channels = channels
        widths = (1, *_WIDTHS, 1)
        scale = spread ** (1 / (len(_WIDTHS) + 1))
        self.matrices, self.biases, self.factors = nn.ParameterList(), nn.ParameterList(), nn.ParameterList()
        for given, made in pairwise(widths):
            start = math.log(math.expm1(1 / scale / made))
            self.matrices.append(nn.Parameter(torch.full((channels, made, given), start)))
            self.biases.append(nn.Parameter(torch.rand(channels, made, 1) - 0.5))
        for made in _WIDTHS:
            self.factors.append(nn.Parameter(torch.zeros(channels, made, 1)))
        self.quantiles = nn.Parameter(torch.tensor([-spread, 0.0, spread]).repeat(channels, 1))
        self.tables: Tensor
        self.register_buffer("tables", torch.ones(channels, 2 * self.reach + 1, dtype=torch.int64))
        self.tabulate()
        self.register_state_dict_pre_hook(_tabulate)

    @property
    def medians(self) -> Tensor:
        """(1, C, 1, 1), without a gradient."""
        return self.quantiles[:, 1].detach().view(1, -1, 1, 1)

    def likelihood(self, z: Tensor) -> Tensor:
        """Probability of the unit interval about each of (B, C, h, w)."""
        points = z.transpose(0, 1).reshape(self.channels, 1, -1)
        lower, upper = self._logits(points - 0.5), self._logits(points + 0.5)
        side = -(lower + upper).sign().detach()  # on the side where the difference of sigmoids is exact
        made = (torch.sigmoid(side * upper) - torch.sigmoid(side * lower)).abs()
        return made.view(self.channels, z.shape[0], *z.shape[2:]).transpose(0, 1)

    def rows(self, z: Tensor) -> Tensor:
        """Which table each of (B, C, h, w) has: its channel's."""
        return torch.arange(self.channels, device=z.device).view(1, -1, 1, 1).expand_as(z)

    def tabled_bits(self, distance: Tensor) -> Tensor:
        """(B,) bits by the tables of (B, C, h, w) distances from the medians."""
        symbols = whole(distance, self.reach)
        return tabled_bits(self.tables, self.rows(symbols), symbols + self.reach)

    def auxiliary_loss(self) -> Tensor:
        """How far the quantiles are from where they belong."""
        wanted = self.quantiles.new_tensor([-_TAIL, 0.0, _TAIL])
        return (self._logits(self.quantiles[:, None]) - wanted).abs().sum()

    @torch.no_grad()
    def tabulate(self) -> None:
        """Brings the tables up to date."""
        symbols = torch.arange(-self.reach, self.reach + 1, device=self.quantiles.device)
        likely = self.likelihood((self.medians + symbols.view(1, 1, 1, -1)).float())[0, :, 0].double()
        low, median, high = self.quantiles.unbind(1)
        inside = (symbols >= (low - median).floor()[:, None]) & (symbols <= (high - median).ceil()[:, None])
        likely = likely * inside + 1e-12
        self.tables.copy_(table_of(likely / likely.sum(1, keepdim=True)))

    def _logits(self, x: Tensor) -> Tensor:
        """Of the cumulative function, at (C, 1, N)."""
        for index, (matrix, bias) in enumerate(zip(self.matrices, self.biases, strict=True)):
            x = F.softplus(matrix) @ x + bias
            if index < len(self.factors):
                x = x + torch.tanh(self.factors[index]) * torch.tanh(x)
        return x


def _tabulate(module: nn.Module, prefix: str, keep_vars: bool) -> None:
    assert isinstance(module, FactorizedPrior), "the hook is its own"
    module.tabulate()


class GaussianModel(nn.Module):
    """Normal distributions of a given mean, and a deviation of one of 64 by its number, from .11 to 256.

    Attributes:
        reach: symbols, distances from the mean, are whole numbers from ``-reach`` to ``reach``.
        tables: (64, 2 * reach + 1) int64, what files are coded by.
    """

    reach = 255
    count = 64
    smallest, largest = 0.11, 256.0
    ratio = math.log(largest / smallest) / (count - 1)

    def __init__(self) -> None:
        super().__init__()
        symbols = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64)
        scales = self.scales(torch.arange(self.count, dtype=torch.float64))[:, None]
        ends = torch.special.ndtr((symbols - 0.5) / scales), torch.special.ndtr((symbols + 0.5) / scales)
        likely = ends[1] - ends[0]
        self.tables: Tensor
        self.register_buffer("tables", table_of(likely / likely.sum(1, keepdim=True)))

    def scales(self, number: Tensor) -> Tensor:
        """The deviations of these numbers; those between two are between theirs."""
        kept = number + (number.clamp(0, self.count - 1) - number).detach()  # what left the range can come back
        return self.smallest * torch.exp(kept * self.ratio)

    @classmethod
    def number(cls, scales: Tensor) -> Tensor:
        """The numbers of deviations, the inverse of :meth:`scales`."""
        return ((scales / cls.smallest).log() / cls.ratio).clamp(0, cls.count - 1)

    def rows(self, number: Tensor) -> Tensor:
        """Which tables are used, int64."""
        return number.round().clamp(0, self.count - 1).long()

    def tabled_bits(self, distance: Tensor, number: Tensor) -> Tensor:
        """(B,) bits by the tables of (B, ...) distances from the mean."""
        return tabled_bits(self.tables, self.rows(number), whole(distance, self.reach) + self.reach)

    def likelihood(self, distance: Tensor, number: Tensor) -> Tensor:
        """Probability of the unit interval about each distance from the mean."""
        scales = self.scales(number)
        distance = distance.abs()
        return torch.special.ndtr((0.5 - distance) / scales) - torch.special.ndtr((-0.5 - distance) / scales)
