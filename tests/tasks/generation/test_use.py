"""New clips by a function and by the command line: grids, classes, seeds, any length, and what is refused."""

from pathlib import Path

import av
import numpy as np
import pytest
import torch
from torch import nn

from vidgan.errors import UserError
from vidgan.generators.mocogan import MoCoGAN
from vidgan.inference.trained import Trained
from vidgan.tasks.generation.use import generate_video

CLASSES = ["around", "up"]
RECORDED = {"data": {"frames": 5}}


def trained(classes: list[str] = CLASSES) -> Trained:
    torch.manual_seed(1)
    network = MoCoGAN(classes, size=16, channels=4).eval()
    for part in network.main:
        if isinstance(part, nn.ConvTranspose2d):
            nn.init.normal_(part.weight, std=0.3)
    return Trained(network, recorded=RECORDED)


def frames_of(path: Path) -> np.ndarray:
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def made(folder: Path, name: str = "out.mkv", by: Trained | None = None, **options: object) -> np.ndarray:
    given = {"codec": "ffv1", "overwrite": True, **options}
    return frames_of(generate_video(folder / name, trained=by or trained(), **given))


def test_several_stand_in_a_grid_and_each_is_what_it_is_alone(tmp_path: Path) -> None:
    alone, grid = made(tmp_path, classes="up"), made(tmp_path, classes="up", videos=5)
    assert alone.shape == (5, 16, 16, 3)
    assert grid.shape == (5, 34, 52, 3)
    np.testing.assert_allclose(grid[:, :16, :16].astype(int), alone, atol=1)
    assert not grid[:, :, 16:18].any()  # the border
    assert not grid[:, 18:, 36:].any()  # the place of the sixth
    tiles = [grid[:, top : top + 16, left : left + 16] for top in (0, 18) for left in (0, 18, 36)][:5]
    assert len({tile.tobytes() for tile in tiles}) == 5


def test_a_seed_makes_the_same_again_and_another_something_else(tmp_path: Path) -> None:
    first = made(tmp_path, seed=3)
    assert np.array_equal(first, made(tmp_path, seed=3))
    assert not np.array_equal(first, made(tmp_path, seed=4))


def test_classes_take_turns(tmp_path: Path) -> None:
    turns, up = made(tmp_path, videos=2), made(tmp_path, videos=2, classes="up")
    both = made(tmp_path, videos=2, classes="around+up")
    assert np.array_equal(turns, both)
    assert np.array_equal(turns[:, :, 18:], up[:, :, 18:])
    assert not np.array_equal(turns[:, :, :16], up[:, :, :16])


def test_long_ones_are_made_in_parts_and_begin_as_short_ones(tmp_path: Path) -> None:
    short, long = made(tmp_path, frames=40), made(tmp_path, frames=300)
    assert long.shape[0] == 300
    np.testing.assert_allclose(long[:40].astype(int), short, atol=1)


def test_from_one_seed_to_another(tmp_path: Path) -> None:
    between = made(tmp_path, seed=1, to_seed=2, videos=4, classes="up")
    np.testing.assert_allclose(between[:, :16, :16].astype(int), made(tmp_path, seed=1, classes="up"), atol=1)
    np.testing.assert_allclose(between[:, 18:, 18:].astype(int), made(tmp_path, seed=2, classes="up"), atol=1)


def test_without_classes(tmp_path: Path) -> None:
    assert made(tmp_path, by=trained([]), videos=4).shape == (5, 34, 34, 3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"classes": "down"}, r"^classes=down: there is no such class; there are around, up\.$"),
        ({"frames": 0}, r"^frames=0: expected a whole number from 1 to 1,000,000"),
        ({"videos": 0}, r"^videos=0: expected a whole number from 1 to 1,024"),
        ({"output": "out.png"}, r"out\.png is one picture, and frames=5 are asked for"),
        ({"by": Trained(nn.Linear(1, 1))}, r"^New clips need a run of the task generation, not a Linear"),
        ({"by": Trained(trained().network)}, r"^weights of a file do not tell how long .*; give frames=<number>"),
        ({"by": trained([]), "classes": "up"}, r"there are none, as this generator was trained without classes"),
    ],
)
def test_what_is_refused_leaves_nothing(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    by = options.pop("by", trained())
    with pytest.raises(UserError, match=sentence):
        generate_video(tmp_path / str(options.pop("output", "out.mp4")), trained=by, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
