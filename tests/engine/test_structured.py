"""Conditions of several tensors, masks, metrics that ask for more than frames, controls that use the real clip."""

import math
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from tests.engine.toy import ToyTask, clip_of, toy_task
from vidgan.data.clip import Clip
from vidgan.engine.judgement import evaluate
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.score_rows import mean_scores, uncounted
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.errors import UserError
from vidgan.experiment.report import Showcase
from vidgan.metrics.base import Metric
from vidgan.protocols.protocol import Protocol


class Dimmed(ToyTask):
    """Brightens clips by the gain it is told."""

    shown = ("dark", "model", "real")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        return {"dark": clip.frames / clip.conditions["gain"].view(-1, 1, 1, 1, 1), "gain": clip.conditions["gain"]}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return GeneratorOutput(self.network("generator")(condition["dark"]))

    def baselines(self) -> dict[str, Baseline]:
        return {"ground truth": lambda real: real}

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"dark": condition["dark"]}


class MaskedError(nn.Module):
    def forward(self, fake: Tensor, real: Tensor, mask: Tensor) -> Tensor:
        return ((fake - real).abs() * mask).sum() / mask.sum()


class Gain(Metric):
    higher_is_better = True

    def __call__(self, fake: Tensor, mask: Tensor, gain: Tensor) -> float:
        assert mask.shape == fake[:, :1].shape
        return float(gain)


def dimmed_clip(number: int, masked: bool = True) -> Clip:
    clip = clip_of(number)
    clip.conditions["gain"] = torch.tensor([2.0 + number])
    if masked:
        clip.conditions["mask"] = torch.zeros(1, 2, 1, 8, 8)
        clip.conditions["mask"][..., :4] = 1
    return clip


@pytest.fixture
def task() -> Dimmed:
    like = toy_task()
    return Dimmed(like.networks, {name: move.player for name, move in like.moves.items()}, like.terms, like.settings)


def test_a_loss_is_given_the_clips_mask(task: Dimmed) -> None:
    clip = dimmed_clip(0)
    condition = task.condition(clip)
    fake = torch.zeros_like(clip.frames)
    step = Step(clip, condition, clip.frames, GeneratorOutput(fake))
    expected = clip.frames[..., :4].sum() / (2 * 8 * 4)
    torch.testing.assert_close(evaluate(LossTerm(MaskedError()), task.networks, step), expected)


def test_a_loss_that_asks_for_a_mask_that_is_not_there_is_refused(task: Dimmed) -> None:
    clip = dimmed_clip(0, masked=False)
    step = Step(clip, task.condition(clip), clip.frames, GeneratorOutput(clip.frames))
    with pytest.raises(
        UserError,
        match="MaskedError asks for mask, and there is only clip, condition, dark, fake, gain, real, seeds; remove it",
    ):
        evaluate(LossTerm(MaskedError()), task.networks, step)


def test_tests_score_controls_and_show_what_was_given(task: Dimmed, tmp_path: Path) -> None:
    task.protocol = Protocol("toy", "nobody", {"gain": Gain()})
    seen: dict[str, list[str]] = {}
    task.watchers.append(lambda name, pictures: seen.update({name: list(pictures)}))
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, barebones=False
    )
    trainer.test(task, DataLoader([dimmed_clip(0), dimmed_clip(1)], batch_size=None), verbose=False)
    assert task.scores == {"model": {"gain": 2.5}, "ground truth": {"gain": 2.5}}
    assert seen == {f"toy/{number}": ["dark", "model", "ground truth", "real"] for number in range(2)}


def test_what_is_not_a_number_does_not_count() -> None:
    rows = [{"method": "model", "clip": str(index), "a": value} for index, value in enumerate((1.0, math.nan, 4.0))]
    assert mean_scores(rows) == {"model": {"a": 2.5}}
    assert math.isnan(mean_scores(rows[1:2])["model"]["a"])
    assert uncounted(rows) == {"a": {"1"}}


def test_the_means_of_all_methods_are_over_the_same_clips() -> None:
    """The model fails on the first clip, nothing can be said of the second: it counts for nobody."""
    scores = {"model": (math.nan, math.nan, 4.0), "copy": (1.0, math.nan, 3.0)}
    rows = [{"method": m, "clip": str(i), "a": value} for m, row in scores.items() for i, value in enumerate(row)]
    means = mean_scores(rows)
    assert math.isnan(means["model"]["a"])
    assert means["copy"] == {"a": 2.0}
    assert uncounted(rows) == {"a": {"1"}}


@pytest.mark.parametrize(("frames", "made"), [(1, ["comparison.png"]), (3, ["comparison.mp4", "comparison.png"])])
def test_single_pictures_make_no_video(tmp_path: Path, frames: int, made: list[str]) -> None:
    showcase = Showcase(tmp_path, Dimmed.shown)
    showcase._testing = True
    for number in range(30):
        clip = torch.rand(frames, 3, 16, 16)
        showcase.watch(str(number), {"dark": clip, "model": clip, "copy": clip, "real": clip})
    assert list(showcase._rows["0"]) == ["dark", "model", "real"]
    assert len(showcase._rows) == 12
    showcase._write("comparison")
    assert sorted(path.name for path in tmp_path.iterdir()) == made
