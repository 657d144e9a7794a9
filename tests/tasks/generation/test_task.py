"""The task of generation: what its players are fed, its controls, and data that does not fit."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from omegaconf import DictConfig

from vidgan.data.shapes.moving import MovingShapes
from vidgan.engine.scoring import made_by
from vidgan.errors import UserError
from vidgan.experiment.build import build_task

Composed = Callable[..., DictConfig]
QUICKSTART = "experiments=generation/quickstart"
TINY = ("networks.generator.channels=4", "networks.frame_critic.channels=4", "networks.clip_critic.channels=4")


def test_noise_follows_from_the_seeds_of_a_clip_and_its_class_is_the_clips(composed: Composed) -> None:
    task, data = build_task(composed(QUICKSTART, *TINY)).eval(), MovingShapes(2)
    first, second = (data.training[number].to_float() for number in (0, 1))
    given, other = task.condition(first), task.condition(second)
    assert {*given} == {"content", "beginning", "motion", "label"}
    assert torch.equal(given["label"], first.conditions["label"])
    assert given["motion"].shape == (1, 16, 10)
    assert not torch.equal(given["content"], other["content"])
    again = task.condition(replace(second, seeds=first.seeds))
    assert torch.equal(given["content"], again["content"])


def test_scores_of_the_controls(composed: Composed) -> None:
    task, data = build_task(composed(QUICKSTART, *TINY)).eval(), MovingShapes(2, clips=24, eval_clips=24)
    for number in range(24):
        with torch.no_grad():
            task.test_step(data.evaluated("test")[number].to_float(), number)
    scores: dict[str, dict[str, float]] = {}
    for row in task.rows:
        for name, value in row.items():
            if isinstance(value, float):
                scores.setdefault(row["method"], {}).setdefault(name, 0.0)
                scores[row["method"]][name] += value / 24
    assert {*scores} == {"model", *task.baselines()}
    assert scores["held-out clips"]["motion"] == scores["training clips"]["motion"] == pytest.approx(1)
    assert scores["shuffled classes"]["motion"] < 0.6
    assert scores["held-out clips"]["path_error"] < 0.2 < 2.5 < scores["static clips"]["path_error"]
    assert scores["noise"]["overlap"] < 0.4
    assert scores["held-out clips"]["overlap"] == pytest.approx(scores["static clips"]["overlap"], abs=0.02)


def test_static_clips_are_the_first_frame(composed: Composed) -> None:
    task = build_task(composed(QUICKSTART, *TINY)).eval()
    step = task.play(MovingShapes(2).evaluated("test")[0].to_float(), None)
    still = made_by("static clips", task.baselines()["static clips"], step).fake
    assert torch.equal(still, step.clip.conditions["held_out"][:, :1].expand_as(still))


@pytest.mark.parametrize(
    ("overrides", "without", "sentence"),
    [
        ((), True, r"The generator makes classes and this data has none; set networks\.generator\.classes=\[\]"),
        (("networks.generator.classes=[across]",), False, r"class of the number 3 and networks\.generator\.classes"),
    ],
)
def test_data_of_other_classes_is_refused(
    composed: Composed, overrides: tuple[str, ...], without: bool, sentence: str
) -> None:
    task, clip = build_task(composed(QUICKSTART, *TINY, *overrides)), MovingShapes(2).training[0].to_float()
    clip.conditions = {} if without else {"label": torch.tensor([3])}
    with pytest.raises(UserError, match=sentence):
        task.condition(clip)


def test_a_generator_without_classes_needs_none(composed: Composed) -> None:
    free = ("networks.generator.classes=[]", "networks.clip_critic.classes=[]", "networks.clip_critic.head=patch")
    task, clip = build_task(composed(QUICKSTART, *TINY, *free)), MovingShapes(2).training[0].to_float()
    assert "label" not in task.condition(clip)
    assert task.generate(task.condition(clip)).fake.shape == clip.frames.shape
