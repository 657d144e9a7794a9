"""Super-resolution: which low resolution it is given."""

from collections.abc import Callable

import pytest
import torch
from omegaconf import DictConfig

from vidgan.data.clip import Clip
from vidgan.errors import UserError
from vidgan.experiment.assemble import build_task


def clip(height: int, **conditions: torch.Tensor) -> Clip:
    frames = torch.rand(1, 2, 3, height, height, generator=torch.Generator().manual_seed(0))
    return Clip(frames, ["a"], torch.zeros(1, dtype=torch.int64), conditions=conditions)


def test_published_low_resolution_goes_before_the_degradation(composed: Callable[..., DictConfig]) -> None:
    task = build_task(composed())
    made = task.condition(clip(32))
    low = made.flip(-1)
    assert torch.equal(task.condition(clip(32, low=low)), low)
    with pytest.raises(UserError, match=r"a: its low resolution is 8x8 pixels and the run enlarges x4 to 48x48; set"):
        task.condition(clip(48, low=low))
