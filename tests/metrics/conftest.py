import pytest
import torch
from torch import Tensor
from torch.nn import functional as F


@pytest.fixture
def real() -> Tensor:
    """(4, 3, 40, 48): smooth random texture that moves one pixel a frame to the right, in [0, 1]."""
    noise = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    wide = F.interpolate(noise, size=(40, 52), mode="bicubic").clamp(0, 1)
    return torch.cat([wide[..., 4 - t : 52 - t] for t in range(4)])


@pytest.fixture
def fake(real: Tensor) -> Tensor:
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(1))
    return (real + 0.05 * noise).clamp(0, 1)
