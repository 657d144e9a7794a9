"""One video made anew: what the generator is asked for in training and when it is scored, and who judges it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from tests.media import moving, write_folder
from vidgan.data.clip import Clip
from vidgan.engine.scoring import made_by
from vidgan.errors import UserError
from vidgan.experiment.build import build_data, build_networks, build_task, build_trainer, check
from vidgan.generators.srresnet import MSRResNet
from vidgan.ops.resize import resize
from vidgan.tasks.single_video.geometry import Reach, drawn_size, drawn_warp
from vidgan.tasks.single_video.task import SingleVideo

Composed = Callable[..., DictConfig]

REACH = Reach(0.5, 2.0, 20.0, 0.3)
SMALL = ("networks.generator.channels=4", "networks.discriminator.channels=4", "data.patch=24", "data.height=32")
FEW = ("machine=cpu", "machine.workers=0", "data.frames=3", "data.eval_frames=6")


@pytest.fixture
def config(composed: Composed, tmp_path: Path) -> DictConfig:
    write_folder(tmp_path / "clip", moving(8, 32, 40))
    return composed("experiments=single_video/quickstart", *SMALL, *FEW, f"data.root={tmp_path}/clip")


@pytest.fixture
def task(config: DictConfig) -> SingleVideo:
    task = build_task(config)
    assert isinstance(task, SingleVideo)
    return task


def clip(frames: int = 6, **conditions: float) -> Clip:
    video = torch.from_numpy(moving(frames, 32, 40)).permute(0, 3, 1, 2)[None].float() / 255
    given = {name: torch.tensor([float(value)]) for name, value in conditions.items()}
    return Clip(video, ["clip"], torch.tensor([7]), conditions=given)


def test_sizes_are_drawn_within_reach_and_evenly_around_one() -> None:
    sizes = [drawn_size(torch.tensor([seed, 0]), (100, 200), REACH) for seed in range(400)]
    heights = torch.tensor([height / 100 for height, _ in sizes])
    widths = torch.tensor([width / 200 for _, width in sizes])
    for shares in (heights, widths):
        assert 0.5 <= shares.min() < 0.55
        assert 1.9 < shares.max() <= 2
        assert abs((shares > 1).float().mean() - 0.5) < 0.1
    assert torch.corrcoef(torch.stack([heights, widths]))[0, 1].abs() < 0.15


def test_one_warp_a_clip_that_is_smooth_in_time_and_begins_and_ends_at_rest() -> None:
    matrices = drawn_warp(torch.tensor([3, 4]), 9, REACH, 1.0)
    assert matrices.shape == (2, 9, 3, 3)
    steps = matrices.diff(dim=1).flatten(2).norm(dim=2)
    assert (steps[:, 0] < steps[:, 4] / 2).all()
    assert (steps[:, -1] < steps[:, 4] / 2).all()
    turn = torch.atan2(matrices[..., 0, 1], matrices[..., 0, 0]).rad2deg()
    assert turn.abs().max() <= 20
    assert not torch.allclose(matrices[0], matrices[1])


def test_the_curriculum_begins_with_leaving_all_as_it_is() -> None:
    still = REACH.times(0)
    assert drawn_size(torch.tensor([3]), (100, 200), still) == (100, 200)
    eye = torch.eye(3).expand(1, 4, 3, 3)
    assert torch.equal(drawn_warp(torch.tensor([3]), 4, still, 2.0), eye)
    half = REACH.times(0.5)
    assert (round(half.smallest, 4), round(half.largest, 4), half.rotation, half.tilt) == (0.7071, 1.4142, 10.0, 0.15)


def test_a_case_says_what_is_made(task: SingleVideo) -> None:
    task.eval()
    step = task.play(clip(height=1.0, width=1.5, length=1.5, rotation=0.0, tilt=0.0), None)
    assert step.fake.shape == step.real.shape == (1, 9, 3, 32, 60)
    assert step.namespace["cycle"].shape == step.namespace["source"].shape == (1, 9, 3, 32, 40)
    assert step.namespace["video"].shape == (1, 6, 3, 32, 40)
    torch.testing.assert_close(step.real[0], resize(step.namespace["source"][0], (32, 60)))
    turned = task.condition(clip(rotation=90.0))["matrices"][0]
    torch.testing.assert_close(turned[0], torch.eye(3))
    torch.testing.assert_close(turned[-1], torch.tensor([[0, 0.8, 0], [-1.25, 0, 0], [0, 0, 1]]), rtol=0, atol=1e-6)


def test_before_training_it_is_plain_resizing(task: SingleVideo) -> None:
    task.eval()
    step = task.play(clip(height=1.0, width=1.5, length=1.0, rotation=5.0, tilt=0.1), None)
    resized = made_by("resize", task.baselines()["resize"], step).fake
    torch.testing.assert_close(step.fake.clamp(0, 1), resized)


def test_two_variations_of_one_video(task: SingleVideo) -> None:
    task.eval()
    step = task.play(clip(variation=1), None)
    assert step.namespace["variant"].shape == step.fake.shape == (1, 6, 3, 32, 40)
    assert not torch.allclose(step.namespace["variant"], step.fake)
    resized = made_by("resize", task.baselines()["resize"], step)
    torch.testing.assert_close(resized.named["variant"], step.namespace["variant"].clamp(0, 1))


def test_all_players_learn_and_the_reach_grows(config: DictConfig, tmp_path: Path) -> None:
    config.engine.iterations, config.engine.log_every, config.task.curriculum = 4, 1, 2
    check(config)
    task = build_task(config)
    assert isinstance(task, SingleVideo)
    strengths: list[float] = []
    sizes: list[torch.Size] = []
    drawn = task._drawn

    def noted(clip: Clip) -> dict[str, torch.Tensor]:
        strengths.append(task._strength)
        made = drawn(clip)
        sizes.append(made["canvas"].shape[-2:])
        return made

    task._drawn = noted  # type: ignore[method-assign]
    before = {key: value.clone() for key, value in task.networks.state_dict().items()}
    trainer = build_trainer(
        config.machine, [], [], max_steps=4, max_epochs=-1, limit_val_batches=0, default_root_dir=tmp_path
    )
    trainer.fit(task, datamodule=build_data(config.data, config.machine, config.paths))
    after = task.networks.state_dict()
    moved = {key.partition(".")[0] for key in after if not torch.equal(before[key], after[key])}
    assert moved == {"generator", "discriminator"}
    assert strengths == [0.5, 1, 1, 1]
    assert sizes[3] != (24, 24)


def test_a_reach_that_is_none_is_refused(composed: Composed) -> None:
    for override, sentence in (
        ("+task.smallest=1.5", "expected shares around 1"),
        ("+task.tilt=0.5", "a tilt from 0 to below .5"),
    ):
        with pytest.raises(UserError, match=sentence):
            build_task(composed("experiments=single_video/quickstart", *SMALL, override))
    config = composed("experiments=single_video/quickstart", *SMALL)
    networks = {**build_networks(config), "generator": MSRResNet(2, channels=4, blocks=1)}
    with pytest.raises(UserError, match="MSRResNet makes no other sizes"):
        build_task(config, networks)
