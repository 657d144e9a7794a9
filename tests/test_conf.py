"""Every option of every config group and every experiment composes, lints and steps; a new file is found."""

from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from tests.conftest import FEWEST, code_little, on_shipped_data
from vidgan.backbones.vgg import VGG19Features
from vidgan.config.lint import lint
from vidgan.config.paths import CONF, EXPERIMENTS
from vidgan.errors import UserError
from vidgan.experiment.build import build_data, build_task, build_trainer, check, warm_starts

Composed = Callable[..., DictConfig]

FILES = sorted(EXPERIMENTS.glob("*/*.yaml"))
NAMES = [path.relative_to(EXPERIMENTS).with_suffix("") for path in FILES]
GROUPS = (
    *("degradations", "discriminators", "generators", "losses", "masks"),
    *("penalties", "players", "protocols", "schedules"),
)
OPTIONS = sorted(path for group in GROUPS for path in CONF.glob(f"{group}/**/*.yaml"))
MOUNTED = {"data": "data", "debug": "debug", "machine": "machine", "tracking": "tracking"}
POSE_GROUPS = ("estimator", "smoother")


@pytest.fixture(scope="session")
def vgg19(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VGG19 with random weights under the published keys."""
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(VGG19Features().state_dict(), path)
    return path


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_option_lints(composed: Composed, path: Path) -> None:
    option = OmegaConf.create({"option": OmegaConf.load(path), "engine": {"iterations": 100}})
    if "defaults" in option.option:
        group = path.parent.relative_to(CONF).as_posix()
        with initialize_config_dir(str(CONF), version_base="1.3"):
            option = compose(overrides=[f"+{group}@option={path.stem}"])
    lint(option, {})


@pytest.mark.parametrize(
    "override",
    [f"{key}={path.stem}" for group, key in MOUNTED.items() for path in sorted(CONF.glob(f"{group}/*.yaml"))],
)
def test_mounted_option_composes(composed: Composed, tmp_path: Path, override: str) -> None:
    if not override.startswith("data="):
        check(composed(override))
        return
    data = composed("~experiments", override).data  # no task: each has data sets of its own
    if OmegaConf.is_missing(data, "root"):
        data.root = str(tmp_path)
    lint(OmegaConf.create({"data": OmegaConf.to_container(data, resolve=True)}), {"data": ("loading",)})


@pytest.mark.parametrize("path", sorted(p for group in POSE_GROUPS for p in CONF.glob(f"{group}/*.yaml")), ids=str)
def test_pose_option_composes(composed: Composed, path: Path) -> None:
    config = composed("input=a", "output=b", f"{path.parent.name}={path.stem}", command="pose")
    for key in OmegaConf.missing_keys(config):
        OmegaConf.update(config, key, "given")
    lint(config, {"smoother": ("generator",)})


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_recipe_says_what_it_needs_and_nothing_else_stands_in(composed: Composed, name: Path) -> None:
    config = composed(f"experiments={name}")
    if name.name in (
        "quickstart",
        "finetuning",
        "film_repair",
        "gan",
        "gym",
        "pg2_persons",
    ):  # on what ships or is made on the fly
        check(config)
        return
    with pytest.raises(UserError, match=r"^data\.root is not set; .*<value>, a folder; or choose other data"):
        check(config)
    if name.name in ("srgan", "esrgan", "tecogan", "basicvsr"):
        key = "warm_start.generator.spynet" if name.name == "basicvsr" else "warm_start.generator"
        with pytest.raises(UserError, match=rf"^{key} is not set; .* a file of trained weights, as this recipe starts"):
            check(composed(f"experiments={name}", "data=clips"))
        started = composed(f"experiments={name}", "data=clips", f"{key}=a.pth")
        assert list(warm_starts(started)) == [(key.partition(".")[2], "a.pth")]
    check(composed(f"experiments={name}", *on_shipped_data(str(name))))


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.name in ("quickstart", "film_repair", "gan", "gym")], ids=str
)
def test_a_quickstart_is_a_whole_game_at_any_length(composed: Composed, name: Path) -> None:
    for iterations in (1, 4, 200):
        config = composed(f"experiments={name}", f"engine.iterations={iterations}")
        check(config)
        assert all(player.start < iterations for player in config.players.values())


def test_a_share_of_a_training_by_hand(composed: Composed) -> None:
    starts = {4000: 3200, 200: 160, 7: 5, 1: 0}  # four fifths, rounded down
    for iterations, start in starts.items():
        assert composed(f"engine.iterations={iterations}").players.discriminator.start == start


def test_every_group_is_covered() -> None:
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    assert groups == {*GROUPS, *MOUNTED, *POSE_GROUPS, "tasks"}
    defaults = [option for path in FILES for option in OmegaConf.load(path).defaults]
    used = {option["/tasks"] for option in defaults if "/tasks" in option}
    assert used == {path.stem for path in CONF.glob("tasks/*.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES, ids=str)
def test_experiment_steps(composed: Composed, vgg19: Path, tmp_path: Path, name: Path) -> None:
    one = ("data.batch_size=1", "engine.iterations=1", "machine=cpu", "machine.workers=0")
    config = composed(f"experiments={name}", *on_shipped_data(str(name)), *one)
    if "perceptual" in config.losses:
        config.losses.perceptual.loss.weights = str(vgg19)
    code_little(config)
    tbptt = config.engine.tbptt
    fewest = FEWEST.get(name.parent.name, 0)
    for key, most in (("frames", max(fewest, 2 * tbptt if tbptt else 3)), ("patch", 128)):
        if key in config.data:
            config.data[key] = min(config.data[key], most)
    for network in config.networks.values():
        if "channels" in network:
            network.channels = min(network.channels, 16)
    for player in config.players.values():
        player.start = 0  # every player moves in the one iteration
    check(config)
    pl.seed_everything(0)
    task = build_task(config)
    before = {key: value.clone() for key, value in task.networks.state_dict().items()}
    trainer = build_trainer(
        config.machine, [], [], max_steps=1, max_epochs=-1, limit_val_batches=0, default_root_dir=tmp_path
    )
    trainer.fit(task, datamodule=build_data(config.data, config.machine, config.paths))
    after = task.networks.state_dict()
    assert trainer.global_step == 1
    assert task.nonfinite.total == 0
    for network in config.networks:
        assert any(not torch.equal(value, after[key]) for key, value in before.items() if key.startswith(network))
