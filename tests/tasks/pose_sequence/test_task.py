"""The task of tracks: what is scored, what is shown, and what it is compared with."""

from collections.abc import Callable, Mapping

import torch
from omegaconf import DictConfig
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.data.tracks.detector import SimulatedDetector
from vidgan.data.tracks.synthetic import SyntheticTrackClips
from vidgan.engine.scoring import made_by
from vidgan.experiment.build import build_task


def test_tracks_are_scored_as_they_are_and_shown_as_pictures(composed: Callable[..., DictConfig]) -> None:
    task = build_task(composed("experiments=pose_sequence/quickstart", "engine.ema=null")).eval()
    clip: Clip = SyntheticTrackClips(100, SimulatedDetector(), ("test",), 1)[0]
    seen: dict[str, Tensor] = {}

    def watch(name: str, pictures: Mapping[str, Tensor]) -> None:
        seen.update(pictures)

    task.watchers.append(watch)
    with torch.no_grad():
        task.test_step(clip, 0)
    scores = {row["method"]: row["mpjpe"] for row in task.rows}
    assert set(scores) == {"model", "raw", "one_euro", "savitzky_golay", "median_gaussian"}
    assert min(scores, key=lambda name: scores[name]) in ("model", "median_gaussian")
    assert max(scores, key=lambda name: scores[name]) in ("raw", "one_euro")
    assert set(seen) == {*scores, "real"}
    for pictures in seen.values():
        assert pictures.shape == (90, 3, 256, 256)
        assert pictures.amin() == 0
        assert 0.9 < pictures.amax() <= 1


def test_an_untrained_generator_is_its_filter(composed: Callable[..., DictConfig]) -> None:
    filters = {"task.filters.median_gaussian.window": 5, "task.filters.median_gaussian.sigma": 1.0}
    overrides = [f"{key}={value}" for key, value in filters.items()]
    task = build_task(composed("experiments=pose_sequence/quickstart", "engine.ema=null", *overrides)).eval()
    clip = SyntheticTrackClips(40, SimulatedDetector(), ("test",), 1)[0]
    step = task.play(clip, None)
    filtered = made_by("median_gaussian", task.baselines()["median_gaussian"], step).fake
    torch.testing.assert_close(step.fake.detach(), filtered, rtol=1e-5, atol=1e-3)
