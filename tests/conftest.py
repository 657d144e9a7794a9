"""Composes configurations as the commands do."""

import os
import random
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from vidgan.config.paths import CONF
from vidgan.config.registration import asking_for, register
from vidgan.config.task_parts import options_of
from vidgan.experiment.subject import named

# Tests run side by side, and so do the processes that they start: threads that wait for each other cost minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")


#: What lets a recipe of the literature run on what ships, by its task.
_SHIPPED = {
    "super_resolution": "data=clips",
    "denoising": "data=clips",
    "pose_transfer": "data=persons",
    "frame_interpolation": "data=clips",
    "generation": "data=moving_shapes",
}
#: Frames without which a task's discriminators judge nothing.
FEWEST = {"generation": 16}


def on_shipped_data(experiment: str) -> list[str]:
    """Overrides under which an experiment has all that it needs: it may ask for a data set and for trained weights."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"experiments={experiment}"])
    missing = OmegaConf.missing_keys(config)
    data = [_SHIPPED[experiment.partition("/")[0]]] if any(key.startswith("data.") for key in missing) else []
    by_name = {
        f"warm_start.{key}"
        for key, value in OmegaConf.to_container(config.warm_start).items()
        if isinstance(value, str)
    }
    return data + [f"{key}=null" for key in sorted(by_name | missing) if key.startswith("warm_start.")]


def code_little(config: DictConfig) -> None:
    """Has data that come coded come at one level, and without loss: what x264 decides is not the same in each run."""
    if "levels" in (config.data.get("layout") or ()):
        config.data.layout.levels, config.data.layout.constant = [0], "qp"


#: Files and folders by the marker of their tests: ``make test-fast`` leaves out all, ``make test`` the last three.
MARKED = {
    "process": (
        *("comparison/test_command.py", "comparison/test_wandb.py", "data/test_cache.py"),
        *("launch/test_runs.py", "record/test_code_fingerprint.py", "test_other_platforms.py"),
    ),
    "slow": (
        *("wrong_inputs", "test_combinations.py", "test_conf.py", "test_docs.py", "comparison/test_analysis.py"),
        *("comparison/test_axes.py", "config/test_instantiate.py", "config/test_options.py", "data/test_datamodule.py"),
        *("engine/test_compilation.py", "engine/test_ema.py", "experiment/test_damage.py", "experiment/test_debug.py"),
        *("experiment/test_denoising_run.py", "experiment/test_divergence.py", "experiment/test_footprint.py"),
        *("experiment/test_foreign_folders.py", "experiment/test_own_weights.py", "experiment/test_preflight.py"),
        *("experiment/test_published_weights.py",),
        *("generators/test_contract.py", "generators/test_recognition.py", "inference/test_memory.py"),
        *("inference/test_processing.py", "inference/test_video_cases.py", "inference/test_video_tracks.py"),
        *("metrics/test_perceptual.py", "protocols/test_protocol.py", "record/test_identity.py"),
        *(
            "generators/test_transform_codec.py",
            "tasks/frame_interpolation/test_use.py",
            "tasks/inpainting/test_use.py",
            "tasks/pose_video/test_use.py",
        ),
        *("ops/test_patch_nn.py", "tasks/single_video/test_use.py"),
        *("tasks/test_pieces.py",),
    ),
    "long": (
        *("app/test_page.py", "app/test_browser.py"),
        *("golden", "tracking", "engine/test_parallel.py", "experiment/test_data_inspection.py"),
        *("experiment/test_export.py", "experiment/test_workers.py", "launch/test_study.py", "launch/test_sweep.py"),
        *("launch/test_wandb_sweep.py", "launch/test_worker.py", "record/test_extension.py", "test_benchmarks.py"),
        *("test_commands.py", "test_own_package.py", "test_torchrun.py"),
    ),
    "notebook": ("test_notebooks.py",),
    "slurm": ("slurm",),
}


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        for marker, places in MARKED.items():
            if any(item.path.is_relative_to(here / place) for place in places):
                item.add_marker(marker)
        if _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
    # A long one at the end would run alone.
    items.sort(key=lambda item: not any(item.get_closest_marker(marker) for marker in MARKED))


def _shares(item: pytest.Item) -> bool:
    """Whether a test uses fixtures of a module or a session of ours: they are made once where one of
    pytest's processes runs all such tests of a file."""
    definitions = item._fixtureinfo.name2fixturedefs.values()
    used = [definition[-1] for definition in definitions if definition[-1].scope in ("module", "session")]
    return any(definition.baseid.startswith("tests/") for definition in used)


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> None:
    """What a test file draws while it is imported does not depend on the files before it."""
    if isinstance(collector, pytest.Module):
        torch.manual_seed(0)
        random.seed(0)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """What a test draws does not depend on the tests before it."""
    torch.manual_seed(0)
    random.seed(0)


@pytest.fixture
def composed(tmp_path: Path) -> Callable[..., DictConfig]:
    """``composed("seed=1", ...)``: the configuration of vidgan-train with these overrides, running in ``tmp_path``.

    ``command="predict"`` is that of vidgan-predict for the run or the weights that they name.
    """
    register()

    def make(*overrides: str, command: str = "train") -> DictConfig:
        given = [f"paths.runs={tmp_path}/runs", f"paths.cache={tmp_path}/cache", *overrides]
        found = named(given) if command == "predict" else None
        asking = asking_for(options_of(found.task)) if found else nullcontext()
        with asking, initialize_config_dir(str(CONF), version_base="1.3"):
            return compose(command, given)

    return make
