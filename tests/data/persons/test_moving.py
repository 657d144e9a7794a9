"""Synthetic persons in motion: steady on their feet, followed exactly, none shared between splits."""

import pytest
import torch

from vidgan.data.clip import Clip
from vidgan.data.persons.capsules import PARTS
from vidgan.data.persons.moving import MovingPersons, SyntheticClips
from vidgan.errors import UserError

CLIPS = SyntheticClips(32, 24, 6, ("test",), count=4)


def test_a_clip_has_what_the_task_and_its_metrics_ask_for() -> None:
    clip = CLIPS[1]
    assert clip.frames.shape == (1, 6, 3, 32, 24)
    assert clip.keypoints.shape == (1, 6, 18, 2)
    shapes = {name: tuple(value.shape) for name, value in clip.conditions.items()}
    assert shapes == {
        "source": (1, 1, 3, 32, 24),
        "source_keypoints": (1, 1, 18, 2),
        "mask": (1, 6, 1, 32, 24),
        "wrong_keypoints": (1, 6, 18, 2),
        "parts": (1, 6, 32, 24),
        "palette": (1, len(PARTS), 3),
        "background": (1, 6, 3, 32, 24),
    }
    batch = Clip.collate([CLIPS[0], CLIPS[1]])
    assert batch.frames.shape[0] == 2
    assert batch.conditions["background"].shape == (2, 6, 3, 32, 24)


def test_clips_are_functions_of_their_number() -> None:
    again = SyntheticClips(32, 24, 6, ("test",))
    assert torch.equal(CLIPS[2].frames, again[2].frames)
    assert not torch.equal(CLIPS[2].frames, CLIPS[3].frames)
    assert not torch.equal(CLIPS[2].frames, SyntheticClips(32, 24, 6, ("val",))[2].frames)


def test_a_longer_clip_begins_as_the_shorter_one_moves() -> None:
    """The motion is that of the number, not of the length; only the middle of the picture may differ."""
    short, long = CLIPS[0].keypoints[0], SyntheticClips(32, 24, 12, ("test",))[0].keypoints[0, :6]
    shift = (long - short).mean((0, 1))
    # Places near 30 are off by 1e-6 in float32: here, there and in the sum, and the mean of 108 of them by as much.
    torch.testing.assert_close(long, short + shift, rtol=0, atol=1e-5)


def test_persons_move_smoothly_and_the_background_stands_still() -> None:
    moved = 0.0
    for number in range(4):
        clip = CLIPS[number]
        steps = clip.keypoints[0].diff(dim=0).norm(dim=-1)
        assert steps.max() < 0.15 * 32
        moved += float(steps.mean())
        outside = (clip.conditions["mask"][0] == 0).all(0, keepdim=True).expand(6, 3, -1, -1)
        assert (clip.frames[0] == clip.conditions["background"][0])[outside].all()
    assert moved > 0.5


def test_the_source_is_the_same_person_in_another_pose() -> None:
    clip = CLIPS[0].to_float()
    corner = (..., slice(0, 2), slice(0, 2))
    assert torch.equal(clip.conditions["source"][0, 0][corner], clip.frames[0, 0][corner])
    assert (clip.conditions["source_keypoints"][0, 0] - clip.keypoints[0, 0]).abs().max() > 2


def test_the_data_module_trains_on_new_clips_and_scores_fixed_ones() -> None:
    data = MovingPersons(2, frames=3, height=32, width=24, eval_clips=2, eval_frames=5, seed=1)
    assert data.training[7].frames.shape == data.blank().frames.shape == (1, 3, 3, 32, 24)
    assert not torch.equal(data.training[0].frames, MovingPersons(2, 3, 32, 24, seed=2).training[0].frames)
    test = data.evaluated("test")
    assert len(test) == 2
    assert test[0].frames.shape[1] == 5
    other = MovingPersons(9, height=32, width=24, eval_frames=5, seed=5).evaluated("test")
    assert torch.equal(test[0].frames, other[0].frames)


def test_no_frames_and_no_clips_are_refused() -> None:
    with pytest.raises(UserError, match=r"A clip of 0 frames is none; set data\.frames"):
        MovingPersons(2, frames=0).training  # noqa: B018 - reading it makes it
    with pytest.raises(UserError, match="no clips to score"):
        MovingPersons(2, eval_clips=0).test_dataloader()
