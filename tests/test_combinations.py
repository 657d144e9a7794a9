"""Every degradation, discriminator and loss fits a task's quickstart and makes a step, or is refused in a sentence."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from vidgan.config.paths import CONF
from vidgan.data.datamodule import DataModule
from vidgan.errors import UserError
from vidgan.experiment.build import build_data, build_task, build_trainer, check
from vidgan.experiment.preflight import Preflight

Composed = Callable[..., DictConfig]

ADVERSARIAL = ("hinge", "least_squares", "relativistic_average", "vanilla", "wasserstein")
OF_PICTURES = (
    "census",
    "charbonnier",
    "feature_matching",
    "focal_frequency",
    "fourier_l1",
    "l1",
    "laplacian",
    "ldl",
    "mse",
    "ping_pong",
    "psnr",
    "temporal_difference",
    "wavelet",
)
FRAMES = ("patch", "t_patch", "unet", "vgg")  # judge frames or clips, whatever they were made of
SMALL = ("machine=cpu", "machine.workers=0", "data.batch_size=1", "engine.iterations=1", "protocol=null")
BOTH = "players.discriminator.start=0"
CLIPS = ("data.patch=32", "data.frames=3")
NARROW = {
    "denoising": ("networks.generator.channels=4", "networks.generator.deep_channels=4"),
    "super_resolution": ("networks.generator.channels=4",),
}
DEGRADATIONS = {
    "denoising": ("av1", "camera", "gaussian", "gaussian_clipped", "grain", "h264", "hevc", "jpeg", "mixed", "pool"),
    "super_resolution": ("bicubic", "bd", "bd_tecogan", "cutblur", "real"),
}
SIZED = {"vgg": ("networks.discriminator.size=32",), "spatio_temporal": ("networks.discriminator.size=32",)}


def options(group: str) -> set[str]:
    return {path.stem for path in CONF.glob(f"{group}/*.yaml")}


def quickstart(composed: Composed, task: str, discriminator: str, *overrides: str) -> DictConfig:
    chosen = (f"discriminators@networks.discriminator={discriminator}", *SIZED.get(discriminator, ()))
    narrow = (*NARROW[task], "networks.discriminator.channels=4")
    return composed(f"experiments={task}/quickstart", BOTH, *chosen, *SMALL, *CLIPS, *narrow, *overrides)


def step(config: DictConfig, folder: Path) -> set[str]:
    """Makes one iteration, and says which networks it has changed."""
    check(config)
    pl.seed_everything(0)
    task, data = build_task(config), build_data(config.data, config.machine, config.paths)
    assert isinstance(data, DataModule)
    clip = data.blank()
    assert clip is not None
    clip.frames.copy_(torch.rand(clip.frames.shape))
    before = {key: value.clone() for key, value in task.networks.state_dict().items()}
    trainer = build_trainer(
        config.machine, [], [], max_steps=1, max_epochs=-1, limit_val_batches=0, default_root_dir=folder
    )
    trainer.fit(task, DataLoader([clip], batch_size=None))
    assert trainer.global_step == 1
    assert task.nonfinite.total == 0
    after = task.networks.state_dict()
    return {key.partition(".")[0] for key, value in before.items() if not torch.equal(value, after[key])}


def pairs() -> Iterator[tuple[str, str, str, str]]:
    """Each discriminator with each loss, and each degradation with some of these."""
    for task, degradations in DEGRADATIONS.items():
        for index, (discriminator, loss) in enumerate(product(FRAMES, ADVERSARIAL)):
            yield task, discriminator, loss, degradations[index % len(degradations)]


@pytest.mark.parametrize(("task", "discriminator", "loss", "degradation"), pairs())
def test_what_fits_makes_a_step(
    composed: Composed, tmp_path: Path, task: str, discriminator: str, loss: str, degradation: str
) -> None:
    chosen = (f"losses@losses.adversarial={loss}", f"degradations@degradation={degradation}")
    assert step(quickstart(composed, task, discriminator, *chosen), tmp_path) == {"generator", "discriminator"}


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_the_discriminator_of_motion_fits_a_generator_that_estimates_it(
    composed: Composed, tmp_path: Path, loss: str
) -> None:
    chosen = ("generators@networks.generator=tecogan", f"losses@losses.adversarial={loss}")
    config = quickstart(composed, "super_resolution", "spatio_temporal", *chosen)
    assert step(config, tmp_path) == {"generator", "discriminator"}


@pytest.mark.parametrize("task", NARROW)
@pytest.mark.parametrize("loss", OF_PICTURES)
def test_losses_of_pictures_fit_every_restoration(composed: Composed, tmp_path: Path, task: str, loss: str) -> None:
    config = quickstart(composed, task, "patch", f"+losses@losses.more={loss}")
    assert step(config, tmp_path) == {"generator", "discriminator"}


@pytest.mark.parametrize(
    ("task", "discriminator", "overrides", "sentence"),
    [
        *(
            (task, "spatio_temporal", (), r"^networks\.discriminator asks for flow, and there is only clip, condition")
            for task in NARROW
        ),
        *((task, "dcgan_pair", (), r"^networks\.discriminator asks for source, source_keypoints") for task in NARROW),
        *(
            (task, "patch", (f"+losses@losses.more={loss}",), sentence)
            for task in NARROW
            for loss, sentence in (
                ("warping", r"^losses\.more asks for flow, and there is only clip, condition"),
                ("masked_l1", r"^losses\.more asks for mask, and there is only clip, condition"),
                ("hole_l1", r"^losses\.more asks for mask, and there is only clip, condition"),
                ("valid_l1", r"^losses\.more asks for filled, mask, and there is only clip, condition"),
            )
        ),
        *(
            (
                "denoising",
                "patch",
                (f"degradations@degradation={name}",),
                r"degradation has a scale of 4; denoising keeps",
            )
            for name in DEGRADATIONS["super_resolution"]
        ),
        *(
            (
                "super_resolution",
                "patch",
                (f"degradations@degradation={name}",),
                r"enlarges x4 and the degradation .* x1",
            )
            for name in DEGRADATIONS["denoising"]
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    composed: Composed, task: str, discriminator: str, overrides: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as told:
        Preflight().examine(quickstart(composed, task, discriminator, *overrides))
    assert "\n" not in str(told.value)


def test_every_option_is_tried() -> None:
    assert options("degradations") == {*DEGRADATIONS["denoising"], *DEGRADATIONS["super_resolution"]}
    of_persons = {"dcgan_pair", "patn_appearance", "patn_shape", "motion"}
    of_noise = {"mocogan_frames", "mocogan_clips"}
    of_noise |= {"triplets"}  # or of one video
    assert options("discriminators") == {*FRAMES, "spatio_temporal", "between", "holes", *of_persons, *of_noise}
    others = {"warping", "masked_l1", "hole_l1", "valid_l1", "point_distance", "acceleration", "classified"}
    others |= {"feature_census", "flow_distillation", "taught_laplacian", "rate", "distortion"}
    perceptual = {f"perceptual_{kind}" for kind in ("lite0", "realesrgan", "srgan", "tecogan")}
    assert options("losses") == {*ADVERSARIAL, *OF_PICTURES, *others, *perceptual, "cycle_l1"}
