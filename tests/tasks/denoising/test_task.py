"""What a denoiser is given, what it is compared with, and how it is scored."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.jpeg import JPEG
from vidgan.degradations.noise import GaussianNoise
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.generators.base import WindowGenerator
from vidgan.metrics.base import SetMetric
from vidgan.metrics.direction import Direction
from vidgan.metrics.psnr import PSNR
from vidgan.protocols.multi_sigma import MultiSigma
from vidgan.protocols.protocol import Protocol
from vidgan.randomness import mix
from vidgan.tasks.denoising.task import Denoising


class Untouched(WindowGenerator):
    """Gives back what it was given, times one."""

    scale = 1
    reach = 1

    def __init__(self, noise_map: bool = True) -> None:
        super().__init__()
        self.noise_map = noise_map
        self.gain = nn.Parameter(torch.ones(()))

    def window(self, low: Tensor) -> Tensor:
        return self.gain * low[:, 1:-1, :3]


def task(generator: nn.Module | None = None, **arguments: Any) -> Denoising:
    player = Player(Role.GENERATOR, ("generator",), torch.optim.Adam)
    arguments.setdefault("degradation", GaussianNoise((5, 55), clip=False))
    return Denoising(
        networks={"generator": generator or Untouched()},
        players={"generator": player},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        **arguments,
    )


def clip(frames: int = 5, size: int = 64) -> Clip:
    return Clip(torch.full((2, frames, 3, size, size), 0.5), ["a", "b"], torch.tensor([mix("a"), mix("b")]))


def test_the_condition_is_the_noisy_clip_and_a_map_of_its_noise() -> None:
    condition = task().condition(clip())
    assert condition.shape == (2, 5, 4, 64, 64)
    measured = (condition[:, :, :3] - 0.5).flatten(1).std(1)
    told = condition[:, :, 3].flatten(1)
    assert torch.equal(told.amin(1), told.amax(1))
    assert measured.tolist() == pytest.approx(told[:, 0].tolist(), rel=0.02)


def test_noise_is_fixed_by_the_name_of_the_clip() -> None:
    assert torch.equal(task().condition(clip()), task().condition(clip()))


def test_generators_that_do_not_ask_are_not_told() -> None:
    assert task(Untouched(noise_map=False)).condition(clip()).shape == (2, 5, 3, 64, 64)


def at_25_levels(**arguments: Any) -> Denoising:
    denoiser = task(**arguments)
    denoiser.protocol = Protocol("p", "", {}, degradation=GaussianNoise((25, 25)))
    return denoiser


def test_a_protocol_says_what_noise_is_scored() -> None:
    denoiser = at_25_levels()
    assert denoiser.train().condition(clip())[0, 0, 3, 0, 0] != pytest.approx(25 / 255)
    assert denoiser.eval().condition(clip())[:, 0, 3, 0, 0].tolist() == pytest.approx([25 / 255] * 2)


def test_a_blind_evaluation_estimates() -> None:
    denoiser = at_25_levels(blind=True).eval()
    told = denoiser.condition(clip())[:, 0, 3, 0, 0]
    assert (told * 255).tolist() == pytest.approx([25, 25], rel=0.05)
    assert told[0] != 25 / 255


def test_what_a_degradation_cannot_tell_is_estimated() -> None:
    assert task(degradation=JPEG()).condition(clip())[:, :, 3].max() < 0.01


def test_training_on_the_middle_frame_alone() -> None:
    denoiser, given = task(middle_only=True), clip()
    condition = denoiser.condition(given)
    assert torch.equal(denoiser.generate(condition).fake, condition[:, 2:3, :3])
    assert denoiser.target(given).shape[1] == 1
    denoiser.eval()
    assert denoiser.generate(condition).fake.shape[1] == denoiser.target(given).shape[1] == 5


def test_a_degradation_that_shrinks_is_refused() -> None:
    with pytest.raises(UserError, match="degradation has a scale of 4"):
        task(degradation=Bicubic(4))


def test_levels_of_a_protocol_are_scored_side_by_side() -> None:
    """Noise of deviation s that nothing removes has a PSNR of 20 log10(255 / s)."""
    denoiser = task().eval()
    denoiser.protocol = MultiSigma(
        sigmas=[10, 40], frames=3, name="levels", follows="", metrics={"psnr": PSNR()}, quantize=False
    )
    given = clip(size=96)
    with torch.no_grad():
        denoiser._score(Clip(given.frames[:1], ["a"], given.seeds[:1]), with_baselines=False)
    (row,) = denoiser.rows
    assert denoiser.protocol.directions == {"psnr_10": Direction(higher=True), "psnr_40": Direction(higher=True)}
    assert row.keys() == {"method", "clip", "psnr_10", "psnr_40"}
    assert row["psnr_10"] == pytest.approx(28.13, abs=0.05)
    assert row["psnr_40"] == pytest.approx(16.09, abs=0.05)


class Deviation(SetMetric):
    """Of the noise in all clips of a test, in 8-bit levels."""

    higher_is_better = True

    def collect(self, fake: Tensor, real: Tensor) -> float:
        return float((fake - real).std())

    def combine(self, parts: list[float]) -> float:
        return 255 * sum(parts) / len(parts)


def test_metrics_of_the_whole_test_are_combined_level_by_level() -> None:
    denoiser, seen = task().eval(), []
    metrics = {"deviation": Deviation()}
    protocol = MultiSigma(sigmas=[10, 40], name="levels", follows="", metrics=metrics, quantize=False)
    denoiser.protocol = protocol
    denoiser.watchers.append(lambda name, pictures: seen.append(name))
    both = clip(size=96)
    with torch.no_grad():
        for index, name in enumerate(both.names):
            denoiser._score(Clip(both.frames[[index]], [name], both.seeds[[index]]), with_baselines=False)
    denoiser._finish()
    assert denoiser.scores["model"] == {
        "deviation_10": pytest.approx(10, rel=0.01),
        "deviation_40": pytest.approx(40, rel=0.01),
    }
    assert denoiser.scores["model"].keys() == protocol.directions.keys()
    assert seen == ["a_10", "a_40", "b_10", "b_40"]


def test_baselines_are_made_of_the_noisy_clip() -> None:
    denoiser = at_25_levels().eval()
    both = clip(frames=2, size=32)
    given = Clip(both.frames[:1], ["a"], both.seeds[:1])
    condition = denoiser.condition(given)
    made = {name: method(given, condition) for name, method in denoiser.baselines().items()}
    assert {"noisy", "opencv_nlm", "ffmpeg_nlmeans"} <= made.keys()
    errors = {name: (frames - 0.5).square().mean() for name, frames in made.items()}
    for name, frames in made.items():
        assert frames.shape == (1, 2, 3, 32, 32)
        assert name == "noisy" or errors[name] < errors["noisy"] / 2
