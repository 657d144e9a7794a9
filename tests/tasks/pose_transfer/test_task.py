"""Pose transfer: its controls, its two stages, and stage 2 from a finished stage 1."""

from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from torch import Tensor

from vidgan.data.persons.synthetic import SyntheticPersons
from vidgan.engine.scoring import ScoredModule, made_by
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.experiment.build import build_data, build_task, build_trainer
from vidgan.tasks.pose_transfer.task import PoseTransfer
from vidgan.weights import load_weights, save_weights

Compose = Callable[..., DictConfig]
SMALL = [
    "experiments=pose_transfer/pg2_persons",
    "networks.generator.height=32",
    "networks.generator.width=32",
    "networks.generator.channels=4",
    "networks.discriminator.height=32",
    "networks.discriminator.width=32",
    "networks.discriminator.channels=4",
    "data.height=32",
    "data.width=32",
    "data.batch_size=2",
    "data.eval_pairs=3",
    "engine.log_every=1",
    "machine=cpu",
    "machine.workers=0",
]


class Weights(pl.Callback):
    """Keeps a copy of the networks' weights after each iteration."""

    def __init__(self) -> None:
        self.after: list[dict[str, Tensor]] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *arguments: object) -> None:
        assert isinstance(pl_module, PoseTransfer)
        self.after.append({key: value.clone() for key, value in pl_module.networks.state_dict().items()})

    def changed(self, first: int, second: int, prefix: str) -> bool:
        keys = [key for key in self.after[first] if key.startswith(prefix) and not key.endswith(("_u", "_v"))]
        return any(not torch.equal(self.after[first][key], self.after[second][key]) for key in keys)


def trained(config: DictConfig, folder: Path, warm: Path | None = None) -> tuple[PoseTransfer, Weights]:
    task, weights = build_task(config), Weights()
    assert isinstance(task, PoseTransfer)
    if warm is not None:
        load_weights(task.networks["generator"], warm)
    steps = config.engine.iterations
    trainer = build_trainer(
        config.machine, [weights], [], max_steps=steps, max_epochs=-1, limit_val_batches=0, default_root_dir=folder
    )
    data = build_data(config.data, config.machine, config.paths)
    trainer.fit(task, datamodule=data)
    trainer.test(task, datamodule=data, verbose=False)
    return task, weights


def test_the_two_stages_take_turns(composed: Compose, tmp_path: Path) -> None:
    _, weights = trained(composed(*SMALL, "players.stage1.stop=2", "engine.iterations=4"), tmp_path)
    assert weights.changed(0, 1, "generator.stage1")
    assert not weights.changed(0, 1, "generator.stage2")
    assert not weights.changed(0, 1, "discriminator")
    assert not weights.changed(1, 3, "generator.stage1")
    assert weights.changed(1, 3, "generator.stage2")
    assert weights.changed(1, 3, "discriminator")


def test_stage_2_goes_on_from_a_finished_stage_1(composed: Compose, tmp_path: Path) -> None:
    first, _ = trained(composed(*SMALL, "players.stage1.stop=2", "engine.iterations=2"), tmp_path)
    file = tmp_path / "stage1.safetensors"
    save_weights(dict(first.networks["generator"].state_dict()), file, {})
    _, weights = trained(composed(*SMALL, "players.stage1.stop=0", "engine.iterations=2"), tmp_path, warm=file)
    loaded = first.networks["generator"].stage1.state_dict()
    assert all(torch.equal(weights.after[-1][f"generator.stage1.{key}"], value) for key, value in loaded.items())
    assert weights.changed(0, 1, "generator.stage2")


def test_every_table_has_the_controls(composed: Compose, tmp_path: Path) -> None:
    task, _ = trained(composed(*SMALL, "engine.iterations=1"), tmp_path)
    assert set(task.scores) == {"model", "ground truth", "copy source", "background only", "wrong pose"}
    truth, background = task.scores["ground truth"], task.scores["background only"]
    assert truth["ssim"] == truth["mask_ssim"] == pytest.approx(1)
    assert truth["mask_l1"] == 0
    assert background["limb_color"] == 0
    assert truth["limb_color"] > task.scores["copy source"]["limb_color"]


def test_metrics_that_the_data_cannot_serve_are_refused_before_training(composed: Compose, tmp_path: Path) -> None:
    small = [item for item in SMALL if "eval_pairs" not in item]
    config = composed(*small, "data=gym", "data.frames=1")
    with pytest.raises(UserError, match="the metric limb_color asks for parts, palette, background, and there is"):
        trained(config, tmp_path)


def test_data_without_poses_is_refused(composed: Compose) -> None:
    clip = SyntheticPersons(1, 32, 32).training[0].to_float()
    clip.conditions = {}
    with pytest.raises(UserError, match="This data has no key points of persons; choose data=persons"):
        build_task(composed(*SMALL)).condition(clip)


def test_controls_by_hand() -> None:
    class Recorded(PoseTransfer):
        """Paints all with the column of the target's nose."""

        def __init__(self) -> None:
            ScoredModule.__init__(self)

        def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
            return GeneratorOutput(condition["target_keypoints"][:, :, :1, :1, None].expand(-1, -1, 3, 32, 32))

    test = SyntheticPersons(1, 32, 32).evaluated("test")
    clip, task = test[0].to_float(), Recorded()
    step = task.play(clip, None)
    made = {name: made_by(name, make, step).fake for name, make in task.baselines().items()}
    assert torch.equal(made["ground truth"], clip.frames)
    assert torch.equal(made["copy source"], clip.conditions["source"])
    assert torch.equal(made["background only"], clip.conditions["background"])
    assert made["wrong pose"].unique().item() == test[1].keypoints[0, 0, 0, 0].item()
    del clip.conditions["background"]
    outside = clip.conditions["mask"] == 0
    mean = clip.frames[:, :, :1][outside].mean()
    background = made_by("background only", task.baselines()["background only"], task.play(clip, None)).fake
    torch.testing.assert_close(background[0, 0, 0, 5, 5], mean)
