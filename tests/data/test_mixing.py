"""Samples that are made of two: what is drawn, and that it follows from their number alone."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.test_datamodule import assert_same, make, training
from tests.media import moving, write_folder
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import Loading
from vidgan.data.mixing import Mixing
from vidgan.errors import UserError

SEEDS = range(400)


def grey(value: int, channels: int = 3) -> Clip:
    """Frames of 16 x 32 pixels with a map or a picture of half their size."""
    frames = torch.full((1, 2, 3, 16, 32), value, dtype=torch.uint8)
    half = torch.full((1, 2, channels, 8, 16), value, dtype=torch.uint8)
    return Clip(frames, [str(value)], torch.tensor([value]), conditions={"low": half}, aligned=frozenset({"low"}))


def test_a_blend_is_the_same_for_all_frames_and_all_that_is_aligned() -> None:
    mixing, shares = Mixing(mixup=1.0), []
    for seed in SEEDS:
        made = mixing(seed, grey(200), grey(0))
        (value,) = made.frames.unique().tolist()
        assert made.conditions["low"].unique().tolist() == [value]
        assert (made.names, made.seeds.tolist()) == (["200"], [200])
        shares.append(value / 200)
    # Beta(1.2, 1.2) has a mean of 1/2 and a variance of 1 / (4 * 3.4); 400 draws are off by 0.0136 in the mean.
    assert np.mean(shares) == pytest.approx(0.5, abs=0.04)
    assert np.var(shares) == pytest.approx(1 / 13.6, abs=0.015)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_box_lies_at_the_same_place_in_all_that_is_aligned(channels: int) -> None:
    mixing, covered = Mixing(cutmix=1.0), []
    for seed in SEEDS:
        made = mixing(seed, grey(200, channels), grey(0, channels))
        pasted = made.frames[0, 0, 0] == 0
        rows, columns = pasted.any(1).sum().item(), pasted.any(0).sum().item()
        assert pasted.sum().item() == rows * columns, "a box"
        assert (made.frames == made.frames[:, :1, :1]).all()
        small = made.conditions["low"][0, 0, 0] == 0
        assert torch.equal(small.repeat_interleave(2, 0).repeat_interleave(2, 1), pasted)
        covered.append(pasted.float().mean().item())
    # A side s keeps s - s^2 / 4 of itself inside; s^2 being uniform, the square of that has a mean of 1/2 - 1/5 + 1/48.
    assert np.mean(covered) == pytest.approx(1 / 2 - 1 / 5 + 1 / 48, abs=0.04)  # three deviations of less than 0.013
    assert max(covered) > 0.7
    assert min(covered) == 0


def test_as_many_samples_are_mixed_as_asked() -> None:
    mixing, kinds = Mixing(mixup=0.2, cutmix=0.3), []
    for seed in range(1000):
        if not mixing.mixes(seed):
            kinds.append("none")
            continue
        values = mixing(seed, grey(200), grey(0)).frames.unique().tolist()
        kinds.append("cutmix" if {*values} <= {0, 200} else "mixup")
    assert kinds.count("none") == pytest.approx(500, abs=48)  # three deviations of 15.8
    assert kinds.count("mixup") == pytest.approx(200, abs=38)


def test_maps_are_not_blended() -> None:
    with pytest.raises(UserError, match=r"data\.augmentation\.mixup: this data has maps, whose values cannot be"):
        Mixing(mixup=1.0)(0, grey(200, 1), grey(0, 1))
    for probabilities in ((-0.1, 0.0), (0.6, 0.5)):
        with pytest.raises(ValueError, match="two probabilities, at most 1 together"):
            Augmentation(mixup=probabilities[0], cutmix=probabilities[1])


def test_a_mixed_sample_follows_from_its_number(tmp_path: Path) -> None:
    for number in range(3):
        write_folder(tmp_path / f"train/{number}", moving(6, 40, 40, seed=number))
    write_folder(tmp_path / "val/a", moving(3, 40, 40))
    plain = training(make(tmp_path, augmentation=Augmentation()))
    chosen = {"augmentation": Augmentation(mixup=0.3, cutmix=0.4)}
    mixed = training(make(tmp_path, **chosen))
    assert_same(training(make(tmp_path, Loading(workers=2), **chosen)), mixed)
    ranks = [training(make(tmp_path, rank=rank, world_size=2, **chosen)) for rank in range(2)]
    assert_same([Clip.collate(shares) for shares in zip(*ranks, strict=True)], mixed)
    pairs = [
        (a, b) for one, other in zip(plain, mixed, strict=True) for a, b in zip(one.frames, other.frames, strict=True)
    ]
    differing = sum(not torch.equal(one, other) for one, other in pairs)
    assert 3 < differing < 16, "some of 16"
    assert [clip.names for clip in mixed] == [clip.names for clip in plain]


def test_of_one_clip_two_windows_are_mixed(tmp_path: Path) -> None:
    write_folder(tmp_path / "train/a", moving(9, 64, 64))
    write_folder(tmp_path / "val/a", moving(3, 40, 40))
    plain, mixed = (
        torch.cat([clip.frames for clip in training(make(tmp_path, augmentation=Augmentation(mixup=share)))])
        for share in (0.0, 1.0)
    )
    assert (plain != mixed).flatten(1).any(1).all()
