"""From a run to a video of another size, length and perspective; no input is needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from tests.media import moving, write_folder
from vidgan.errors import UserError
from vidgan.experiment.prediction import load
from vidgan.experiment.training import train
from vidgan.generators.ingan import InGAN
from vidgan.generators.srresnet import MSRResNet
from vidgan.inference.trained import Trained
from vidgan.tasks.single_video.options import Options, ends_of
from vidgan.tasks.single_video.use import make_anew

FRAMES = moving(12, 32, 40)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    write_folder(tmp_path / "clip", FRAMES)
    return tmp_path / "clip"


@pytest.fixture
def trained(clip: Path) -> Trained:
    return Trained(InGAN(4, 1, 1).eval(), recorded={"data": {"root": str(clip), "height": 32}, "task": {}})


def made(trained: Trained, out: Path, **options: Any) -> np.ndarray:
    make_anew(out, trained=trained, **options)
    return np.stack([cv2.imread(str(path))[..., ::-1] for path in sorted(out.iterdir())])


def test_a_run_makes_its_video_anew_without_an_input(trained: Trained, tmp_path: Path) -> None:
    assert np.array_equal(made(trained, tmp_path / "same"), FRAMES)
    assert made(trained, tmp_path / "wide", size="60x32", frames=18).shape == (18, 32, 60, 3)
    assert np.array_equal(made(trained, tmp_path / "few", frames=5)[[0, -1]], FRAMES[[0, -1]])


def test_chunks_make_no_difference(trained: Trained, tmp_path: Path) -> None:
    torch.manual_seed(0)
    for parameter in trained.network.parameters():
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    options: dict[str, Any] = {"size": "50x30", "transform": {"rotation": [-5, 10], "tilt": 0.1}}
    whole, parts = (made(trained, tmp_path / str(chunk), chunk=chunk, **options).astype(int) for chunk in (12, 5))
    assert abs(whole - parts).max() <= 1


def test_a_seed_draws_the_warp(trained: Trained, tmp_path: Path) -> None:
    first, again, other = (
        made(trained, tmp_path / name, transform="random", seed=seed)
        for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_patches_are_put_in_place_of_what_was_made(trained: Trained, tmp_path: Path) -> None:
    resized = made(trained, tmp_path / "resize", size="50x32", method="resize")
    assert np.array_equal(made(trained, tmp_path / "network", size="50x32"), resized)
    refined = made(trained, tmp_path / "refined", size="50x32", refine=1)
    assert refined.shape == resized.shape
    assert np.isin(refined, FRAMES).all()
    assert not np.array_equal(refined, resized)


def test_another_input(trained: Trained, tmp_path: Path) -> None:
    write_folder(tmp_path / "other", FRAMES[::-1].copy())
    assert np.array_equal(made(trained, tmp_path / "out", input=str(tmp_path / "other")), FRAMES[::-1])


def test_a_video_that_is_gone_or_changed_is_one_sentence(
    composed: Callable[..., DictConfig], clip: Path, tmp_path: Path
) -> None:
    small = ("networks.generator.channels=4", "networks.discriminator.channels=4", "data.patch=24", "data.height=32")
    few = ("data.frames=3", "data.eval_frames=3", "machine=cpu", "machine.workers=0", "protocol=null")
    places = (f"data.root={clip}", f"paths.runs={tmp_path}/runs", f"paths.cache={tmp_path}/cache", "tracking=disabled")
    ending = ("engine.iterations=1", "validation.every=null", "validation.monitor=null")
    train(composed("experiments=single_video/quickstart", *small, *few, *places, *ending))
    trained = load("retargeter", runs=tmp_path / "runs", cache=tmp_path / "cache")
    assert made(trained, tmp_path / "out", size="44x32").shape == (12, 32, 44, 3)
    first = next(iter(sorted(clip.iterdir())))
    first.write_bytes(first.read_bytes() + b"0")
    with pytest.raises(
        UserError, match=rf"has changed \({first.name}\), and is what this run has learned; put it back"
    ):
        make_anew(tmp_path / "changed", trained=trained)
    clip.rename(tmp_path / "moved")
    with pytest.raises(UserError, match=r"is gone, and is what this run has learned; .* input=<where it is now>"):
        make_anew(tmp_path / "gone", trained=trained)
    assert not (tmp_path / "changed").exists()
    assert not (tmp_path / "gone").exists()
    assert made(trained, tmp_path / "found", input=str(tmp_path / "moved")).shape == (12, 32, 40, 3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"size": "320"}, "width and height in pixels, e.g. 320x180"),
        ({"size": "3x40"}, "makes 4 pixels a side or more"),
        ({"size": "20000x40"}, "16,384 pixels"),
        ({"frames": 0}, "frames=0"),
        ({"transform": "spin"}, "expected none, random, or a map of rotation, tilt, tilt_vertical"),
        ({"transform": {"zoom": 2}}, "transform.zoom: there is no such transform"),
        ({"transform": {"rotation": 200}}, "expected a number from -180 to 180, or"),
        ({"transform": {"rotation": [1, 2, 3]}}, "expected a number from -180 to 180, or"),
        ({"transform": {"tilt": 0.9, "rotation": 45}}, "a corner would lie beyond the horizon"),
        ({"size": "6x32", "method": "vgpnn"}, "patches are of 3 frames of 7x7 pixels"),
        ({"method": "magic"}, "network, vgpnn, resize"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(
    trained: Trained, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as told:
        make_anew(tmp_path / "out", trained=trained, **options)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out").exists()


def test_what_has_learned_something_else_is_refused(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(UserError, match="MSRResNet is no network of the task single_video"):
        make_anew(tmp_path / "out", trained=Trained(MSRResNet(2, channels=4, blocks=1)))
    with pytest.raises(UserError, match="do not know their video; give input="):
        make_anew(tmp_path / "out", trained=Trained(InGAN(4, 1, 1)))
    with pytest.raises(UserError, match="is one picture, and 12 frames are asked for"):
        make_anew(tmp_path / "out.png", trained=Trained(InGAN(4, 1, 1)), input=str(clip))


def test_ends_of_a_transform() -> None:
    assert ends_of({"rotation": [-5, 10], "tilt": 0.2}) == [(-5.0, 0.2, 0.0), (10.0, 0.2, 0.0)]
    assert ends_of("none") == [(0.0, 0.0, 0.0)] * 2
    assert ends_of("random") is None
    assert Options(output="a", transform={"tilt_vertical": [0, 0.1]}).transform == {"tilt_vertical": [0, 0.1]}
