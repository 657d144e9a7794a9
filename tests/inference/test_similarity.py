"""Cuts and repeats, told of the clips that ship."""

from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.media import moving, write_video
from vidgan.inference.similarity import Small, agreement, is_cut, is_repeat, small_picture
from vidgan.metrics.ssim import SSIM
from vidgan.video.reader import Frames, iterate

CLIPS = sorted((Path(__file__).parents[2] / "assets" / "clips").rglob("*.mp4"))
#: Cut from one scene: between the two a cut is not to be told.
SAME_SCENE = {"train/street_jump", "train/street_walk"}


@pytest.fixture(scope="module")
def clips() -> dict[str, list[Small]]:
    return {f"{path.parent.name}/{path.stem}": [small_picture(frame) for frame in iterate(path)] for path in CLIPS}


def test_own_motion_is_no_cut_and_every_splice_is(clips: dict[str, list[Small]]) -> None:
    assert len(clips) == 9
    for step in (1, 2, 4, 8):
        for name, frames in clips.items():
            assert not any(is_cut(*pair) for pair in zip(frames, frames[step:], strict=False)), (name, step)
    for one, other in permutations(clips, 2):
        if {one, other} != SAME_SCENE:
            assert all(is_cut(a, b) for a in clips[one][::6] for b in clips[other][::6]), (one, other)


def test_own_motion_is_no_repeat(clips: dict[str, list[Small]]) -> None:
    """Two clips begin nearly at rest."""
    found = {name: sum(is_repeat(*pair) for pair in pairwise(frames)) for name, frames in clips.items()}
    assert {name: count for name, count in found.items() if count} == {
        "test/animation_meadow": 4,
        "val/street_trees": 4,
    }


@pytest.mark.parametrize("path", CLIPS[::3], ids=lambda path: path.stem)
def test_frames_shown_twice_are_repeats_after_a_codec(path: Path, tmp_path: Path) -> None:
    frames: Frames = np.stack(list(iterate(path))[8:20])
    twice = write_video(tmp_path / "twice.mp4", frames.repeat(2, axis=0), crf="23")
    seen = [small_picture(frame) for frame in iterate(twice)]
    found = [is_repeat(before, after) for before, after in pairwise(seen)]
    assert found == [True, False] * 11 + [True]


def test_small_pictures_are_means_in_grey() -> None:
    frame = np.zeros((64, 96, 3), np.uint8)
    frame[:, 48:] = 200
    small = small_picture(frame)
    assert small.shape == (32, 32)
    np.testing.assert_array_equal(small, np.where(np.arange(32) < 16, 0, 200)[None].repeat(32, 0))
    deep = small_picture(frame.astype(np.uint16) * 257)
    np.testing.assert_allclose(deep, small, rtol=0, atol=1e-4)


def test_agreement_is_ssim_where_brightness_does_not_differ() -> None:
    """The metric leaves out a border of 5 pixels, which is mirrored here: equal pictures around it make none."""
    a, b = (120 + small_picture(frame) / 16 for frame in moving(2, 64, 64))
    inside = a.copy()
    inside[10:22, 10:22] = b[10:22, 10:22]
    pair = [torch.from_numpy(picture)[None, None].double() / 255 for picture in (inside, a)]
    # Outside of the window's reach the similarity is 1: 32 x 32 places here, 22 x 22 there.
    found, expected = 1 - agreement(inside, a), 1 - SSIM().measure(*pair).total
    assert found * 32**2 == pytest.approx(expected * 22**2, rel=1e-2)


def test_a_fade_and_a_flash_are_no_cuts_and_a_black_frame_is() -> None:
    scene = [small_picture(frame) for frame in iterate(CLIPS[0])][8:21]
    fade = [picture * number / 12 for number, picture in enumerate(scene)]
    assert not any(is_cut(*pair) for pair in pairwise(fade))
    assert not is_cut(scene[0], np.minimum(255, 40 + 1.8 * scene[1]))
    assert is_cut(scene[0], 0 * scene[0])
