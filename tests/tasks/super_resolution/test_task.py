"""Super-resolution: which low resolution it is given."""

from collections.abc import Callable

import pytest
import torch
from omegaconf import DictConfig

from vidgan.data.clip import Clip
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.blur_down import BlurDown
from vidgan.errors import UserError
from vidgan.experiment.build import build_task


def clip(height: int, **conditions: torch.Tensor) -> Clip:
    frames = torch.rand(1, 2, 3, height, height, generator=torch.Generator().manual_seed(0))
    return Clip(frames, ["a"], torch.zeros(1, dtype=torch.int64), conditions=conditions)


def test_published_low_resolution_goes_before_the_degradation(composed: Callable[..., DictConfig]) -> None:
    task = build_task(composed())
    made = task.condition(clip(32))
    low = made.flip(-1)
    assert torch.equal(task.condition(clip(32, low=low)), low)
    with pytest.raises(UserError, match=r"a: its low resolution is 8x8 pixels and the run enlarges x4 to 48x48; leave"):
        task.condition(clip(48, low=low))


def test_a_benchmark_is_scored_on_its_own_degradation(composed: Callable[..., DictConfig]) -> None:
    chosen = ("degradations@degradation=bd", "protocols@protocol=reds4_bi_rgb")
    task, given = build_task(composed(*chosen)), clip(32)
    trained = task.train().condition(given)
    assert torch.equal(trained, BlurDown()(given.frames, given.seeds))
    assert torch.equal(task.eval().condition(given), Bicubic()(given.frames, given.seeds))


def test_a_benchmark_of_another_scale_is_refused(composed: Callable[..., DictConfig]) -> None:
    chosen = ("protocols@protocol=reds4_bi_rgb", "degradation.scale=2", "networks.generator.scale=2")
    doubled = build_task(composed(*chosen))
    assert doubled.protocol is not None
    with pytest.raises(UserError, match="protocol reds4_bi_rgb is for x4 and the run enlarges x2; choose another"):
        doubled.protocol.refuse_other_scale(doubled.degradation)
