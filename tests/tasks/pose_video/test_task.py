"""What the task gives its networks, and the controls that its scores are read beside."""

from collections.abc import Callable

import pytest
import torch
from omegaconf import DictConfig

from vidgan.data.clip import Clip
from vidgan.data.persons.moving import SyntheticClips
from vidgan.engine.judgement import logits
from vidgan.engine.scoring import made_by
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.experiment.build import build_task
from vidgan.tasks.pose_video.task import PoseVideo


@pytest.fixture
def task(composed: Callable[..., DictConfig]) -> PoseVideo:
    tiny = ["networks.generator.channels=4", "networks.generator.encoder.channels=4", "engine.ema=null"]
    task = build_task(composed("experiments=pose_video/quickstart", *tiny)).eval()
    with torch.no_grad():
        for parameter in task.networks.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return task


@pytest.fixture
def clip() -> Clip:
    return SyntheticClips(32, 24, 4, ("test",))[0].to_float()


def test_segments_that_hand_the_memory_on_are_the_whole_clip(task: PoseVideo, clip: Clip) -> None:
    whole = task.generate(task.condition(clip))
    first = task.generate(task.condition(clip.between(0, 2)))
    second = task.proceed(task.condition(clip.between(2, 4)), first.state)
    torch.testing.assert_close(torch.cat([first.fake, second.fake], 1), whole.fake, rtol=0, atol=1e-5)
    torch.testing.assert_close(second.state, whole.state, rtol=0, atol=1e-5)


def test_controls(task: PoseVideo, clip: Clip) -> None:
    condition = task.condition(clip)
    step = task.play(clip, None)
    made = {name: made_by(name, make, step).fake for name, make in task.baselines().items()}
    assert list(made) == ["ground truth", "copy source", "background only", "wrong pose", "without memory"]
    assert all(frames.shape == clip.frames.shape for frames in made.values())
    assert torch.equal(made["copy source"][:, 3], clip.conditions["source"][:, 0])
    whole = task.generate(condition).fake
    torch.testing.assert_close(made["without memory"][:, 0], whole[:, 0], rtol=0, atol=1e-5)
    assert (made["without memory"][:, 3] - whole[:, 3]).abs().max() > 1e-4
    task.nearest_pose, clip.conditions["nearest"] = True, clip.frames.flip(1)
    nearest = made_by("nearest pose", task.baselines()["nearest pose"], task.play(clip, None))
    assert torch.equal(nearest.fake, clip.frames.flip(1))


def test_discriminators_judge_frames_and_clips(task: PoseVideo, clip: Clip) -> None:
    condition = task.condition(clip)
    step = Step(clip, condition, clip.frames, GeneratorOutput(task.generate(condition).fake))
    for name in ("discriminator", "clip_discriminator"):
        real, fake = logits(task.networks[name], name, step)
        assert len(real) == len(fake) == {"discriminator": 4, "clip_discriminator": 1}[name]


def test_the_source_is_shown_beside_every_frame(task: PoseVideo, clip: Clip) -> None:
    assert task.given(task.condition(clip))["source"].shape == clip.frames.shape
