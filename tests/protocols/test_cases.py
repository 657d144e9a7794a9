"""Cases of a protocol: conditions that a task knows, numbers and what is made of each clip, and named quantities."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from tests.engine.bits import Rate
from tests.media import moving, write_folder
from tests.tasks.denoising.test_task import Untouched
from tests.tasks.test_pieces import scored
from vidgan.config.instantiate import ALLOWED_VARIABLE
from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.noise import GaussianNoise
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.judgement import evaluate
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.scoring import Baseline
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.errors import UserError
from vidgan.experiment.preflight import Preflight
from vidgan.generators.base import CausalGenerator, FrameGenerator, Generator, Made, WindowGenerator
from vidgan.metrics.base import Mean, Metric, PiecewiseMetric
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol
from vidgan.tasks.denoising.task import Denoising
from vidgan.tasks.super_resolution.task import SuperResolution

SIZE = (16, 24)
FRAMES = 20


class Error(PiecewiseMetric):
    """The mean squared error of each frame."""

    higher_is_better = False

    def measure(self, fake: Tensor, real: Tensor) -> Mean:
        return Mean.of((fake - real).square().mean((1, 2, 3)).tolist())


class Inside(PiecewiseMetric):
    """That of the pixels of a hole."""

    higher_is_better = False

    def measure(self, fake: Tensor, real: Tensor, mask: Tensor) -> Mean:
        wrong = (mask * (fake - real).square()).sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))
        return Mean.of(wrong.tolist())


class Bits(PiecewiseMetric):
    higher_is_better = False

    def measure(self, bits: Tensor) -> Mean:
        return Mean.of(bits.tolist())


class Column:
    """Holes (B, T, 1, H, W): a column of pixels that goes to the right, a pixel a frame."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __call__(self, clip: Clip) -> Tensor:
        batch, count, _, height, width = clip.frames.shape
        mask = torch.zeros(batch, count, 1, height, width)
        for index in range(count):
            first = (clip.place.start + index) % (width - self.width)
            mask[:, index, :, :, first : first + self.width] = 1
        return mask


def one(kind: type[AdversarialTask], generator: nn.Module, **arguments: Any) -> Any:
    return kind(
        networks={"generator": generator},
        players={"generator": Player(Role.GENERATOR, ("generator",), torch.optim.Adam)},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        **arguments,
    )


class Gain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))


class Coding(AdversarialTask):
    """Is as bright as its quality, which is what it spends for each frame."""

    case_conditions: ClassVar[tuple[str, ...]] = ("quality",)

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        return {"given": clip.frames, "quality": clip.conditions["quality"]}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        fake = condition["given"] * condition["quality"].view(-1, 1, 1, 1, 1)
        return GeneratorOutput(fake, bits=condition["quality"][:, None].expand(fake.shape[:2]))

    def baselines(self) -> dict[str, Baseline]:
        return {"copy": lambda real: real}


class InPieces(Coding):
    """Likewise, as clips come in pieces."""

    def context(self, with_baselines: bool) -> int:
        return 0

    def made(self, condition: dict[str, Tensor], new: slice, memory: Any) -> GeneratorOutput:
        return self.generate({**condition, "given": condition["given"][:, new]})


class Between(AdversarialTask):
    """Is given each fourth frame, and makes what is a share ``t`` of the way to the next."""

    case_conditions: ClassVar[tuple[str, ...]] = ("t",)

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        return {"first": clip.frames[:, :-4:4], "second": clip.frames[:, 4::4], "t": clip.conditions["t"]}

    def target(self, clip: Clip) -> Tensor:
        return clip.frames[:, round(4 * clip.conditions["t"].item()) :: 4]

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return GeneratorOutput(torch.lerp(condition["first"], condition["second"], condition["t"]))


class Bent(Metric):
    """What is off over 4 t (1 - t): of a parabola's chord the same at each share t of the way."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, t: Tensor) -> float:
        return float((fake - real).mean() / (4 * t * (1 - t)))


class Told(PiecewiseMetric):
    """The error times what was asked for."""

    higher_is_better = False

    def measure(self, fake: Tensor, real: Tensor, quality: Tensor) -> Mean:
        return Mean.of((quality * (fake - real).square().mean((1, 2, 3))).tolist())


class ToldAtTheEnd(Metric):
    """Likewise, of whole clips."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, quality: Tensor) -> float:
        return float(quality * (fake - real).square().mean())


class Backwards(Degradation):
    """The last frame first, which no piece of a clip can know."""

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        return frames.flip(1)


class Inpainting(AdversarialTask):
    """Leaves holes black; pieces are scored as they come."""

    case_conditions: ClassVar[tuple[str, ...]] = ("mask",)

    def context(self, with_baselines: bool) -> int:
        return 0

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        return {"given": clip.frames, "mask": clip.conditions["mask"]}

    def made(self, condition: dict[str, Tensor], new: slice, memory: Any) -> GeneratorOutput:
        return GeneratorOutput((condition["given"] * (1 - condition["mask"]))[:, new])

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return self.made(condition, slice(None), None)


class Timed(SuperResolution):
    """Is told a time when clips are scored, and in training that of the first frame."""

    case_conditions: ClassVar[tuple[str, ...]] = ("time",)

    def condition(self, clip: Clip) -> Any:
        time = clip.conditions["time"] if not self.training else torch.zeros(len(clip))
        return {"low": super().condition(clip), "time": time}

    def made(self, condition: Any, new: slice, memory: Any) -> GeneratorOutput:
        assert condition["time"].shape == (1,)
        return super().made(condition["low"], new, memory)

    def generate(self, condition: Any) -> GeneratorOutput:
        return super().generate(condition["low"])

    def given(self, condition: Any) -> dict[str, Tensor]:
        return super().given(condition["low"])


class Spending(FrameGenerator):
    """Enlarges, and says what each frame costs: its brightness."""

    scale = 2

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def enlarge(self, images: Tensor) -> Made:
        fake = self.gain * images.repeat_interleave(2, -2).repeat_interleave(2, -1)
        return {"fake": fake, "bits": images.mean((1, 2, 3))}


class SpendingAtLast(CausalGenerator):
    """Likewise, each frame the mean of all up to it."""

    scale = 2

    def __init__(self) -> None:
        super().__init__()
        self.frame = Spending()

    def stream(self, low: Tensor, state: Any = None) -> tuple[Made, Any]:
        made = self.frame(low)
        count, total = state or (0, 0)
        counts = torch.arange(count + 1, count + 1 + low.shape[1])
        sums = total + made["bits"].cumsum(1)
        return {**made, "bits": sums / counts}, (count + low.shape[1], sums[:, -1:])


class SpendingAround(WindowGenerator):
    """Likewise, each frame the sum of the three about it."""

    scale = 2
    reach = 1

    def __init__(self) -> None:
        super().__init__()
        self.frame = Spending()

    def window(self, low: Tensor) -> Made:
        made = self.frame(low[:, 1:-1])
        return {**made, "bits": low.mean((2, 3, 4)).unfold(1, 3, 1).sum(-1)}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clip that is read in pieces of six frames."""
    write_folder(tmp_path / "a", moving(FRAMES, *SIZE))
    monkeypatch.setattr("vidgan.data.datasets._PIXELS", 6 * SIZE[0] * SIZE[1])
    return tmp_path


def frames() -> Tensor:
    return torch.from_numpy(moving(FRAMES, *SIZE)).permute(0, 3, 1, 2).float() / 255


def test_each_case_sets_its_condition_and_has_its_columns(root: Path) -> None:
    task = one(Coding, Gain())
    cases = {"poor": Case(conditions={"quality": 0.5}), "good": Case(conditions={"quality": 1})}
    task.protocol = Protocol("rates", "", {"error": Error(), "bits": Bits()}, quantize=False, cases=cases)
    scores, _ = scored(task, root)
    row = scores["model", "a"]
    assert row.keys() == {"error_poor", "bits_poor", "error_good", "bits_good"}
    assert row["error_poor"] == pytest.approx(0.25 * float(frames().square().mean()), rel=1e-5)  # float32 sums
    assert (row["bits_poor"], row["error_good"], row["bits_good"]) == (0.5, 0, 1)
    assert scores["copy", "a"]["error_poor"] == 0
    assert math.isnan(scores["copy", "a"]["bits_poor"]), "a copy spends nothing that is known"
    assert task.protocol.directions.keys() == row.keys()
    assert {name: mean.weight for name, mean in task.seconds.items()} == {"model": 2 * FRAMES, "copy": 2 * FRAMES}
    assert 0 < task.seconds["model"].value < 1


@pytest.mark.parametrize("kind", [Coding, InPieces])
def test_what_a_case_sets_reaches_the_metrics_whole_or_in_pieces(kind: type[AdversarialTask], root: Path) -> None:
    task = one(kind, Gain())
    cases = {"poor": Case(conditions={"quality": 0.5}), "fair": Case(conditions={"quality": 0.75})}
    task.protocol = Protocol("p", "", {"a": Told(), "b": ToldAtTheEnd()}, quantize=False, cases=cases)
    scores, pieces = scored(task, root)
    assert (pieces > 1) == (kind is InPieces)
    assert task.seconds["model"].weight == 2 * FRAMES
    squared = float(frames().square().mean())
    expected = {"poor": 0.5 * 0.5**2 * squared, "fair": 0.75 * 0.25**2 * squared}
    for name, value in expected.items():
        assert scores["model", "a"][f"a_{name}"] == pytest.approx(value, rel=1e-5)  # float32 sums
        assert scores["model", "a"][f"b_{name}"] == pytest.approx(value, rel=1e-5)


def test_a_case_sets_the_time_between_two_frames() -> None:
    """Frame i of the clip is (i / 8)^2: at a share t of the way over four frames the chord is t (1 - t) / 4 above."""
    task = one(Between, Gain()).eval()
    cases = {"half": Case(conditions={"t": 0.5}), "quarter": Case(conditions={"t": 0.25})}
    task.protocol = Protocol("times", "", {"bent": Bent()}, quantize=False, cases=cases)
    parabola = (torch.arange(9) / 8).square().view(1, 9, 1, 1, 1).expand(-1, -1, 3, 4, 4)
    task.test_step(Clip(parabola, ["a"], torch.zeros(1, dtype=torch.int64)), 0)
    (row,) = task.rows
    assert row["bent_half"] == row["bent_quarter"] == 1 / 16  # exact in binary


@pytest.mark.parametrize("order", [("noise", "backwards"), ("backwards", "noise")])
def test_clips_stay_whole_where_any_case_asks_for_it(order: tuple[str, ...], root: Path) -> None:
    task = one(Denoising, Untouched(noise_map=False), degradation=GaussianNoise())
    task.compare_to = ()
    cases = {"noise": Case(GaussianNoise((5, 5))), "backwards": Case(Backwards())}
    task.protocol = Protocol("p", "", {"error": Error()}, quantize=False, cases={name: cases[name] for name in order})
    scores, pieces = scored(task, root)
    assert pieces == 1
    expected = (frames().flip(0) - frames()).square().mean()
    assert scores["model", "a"]["error_backwards"] == pytest.approx(float(expected), rel=1e-5)


def test_masks_of_a_case_are_made_for_each_piece_and_reach_the_metrics(root: Path) -> None:
    task = one(Inpainting, Gain())
    cases = {f"{width}": Case(conditions={"mask": Column(width)}) for width in (1, 5)}
    task.protocol = Protocol("holes", "", {"inside": Inside(), "error": Error()}, quantize=False, cases=cases)
    scores, pieces = scored(task, root)
    assert pieces > 1
    real = frames()
    for width in (1, 5):
        mask = Column(width)(Clip(real[None], ["a"], torch.zeros(1, dtype=torch.int64)))[0]
        lost = (mask * real.square()).sum((1, 2, 3))
        expected = (lost / (3 * mask.sum((1, 2, 3)))).mean()
        assert scores["model", "a"][f"inside_{width}"] == pytest.approx(float(expected), rel=1e-5)
        expected = lost.mean() / real[0].numel()
        assert scores["model", "a"][f"error_{width}"] == pytest.approx(float(expected), rel=1e-5)


#: What the frames of a clip cost, of their means (T,).
COSTS: dict[type[Generator], Callable[[Tensor], Tensor]] = {
    Spending: lambda means: means,
    SpendingAtLast: lambda means: torch.stack([means[: index + 1].mean() for index in range(len(means))]),
    SpendingAround: lambda means: torch.cat([means[1:2], means, means[-2:-1]]).unfold(0, 3, 1).sum(-1),
}


@pytest.mark.parametrize("kind", COSTS)
def test_what_a_generator_names_reaches_losses_and_metrics_of_any_restoration(
    kind: type[Generator], root: Path
) -> None:
    task = one(SuperResolution, kind(), degradation=Bicubic(2))
    task.compare_to = ()
    task.protocol = Protocol("p", "", {"bits": Bits()})
    with torch.no_grad():
        low = Bicubic(2)(frames()[None], torch.zeros(1, dtype=torch.int64))
    scores, pieces = scored(task, root)
    assert pieces > 1
    costs = COSTS[kind](low[0].mean((1, 2, 3)))
    assert scores["model", "a"]["bits"] == pytest.approx(float(costs.mean()), rel=1e-5)  # float32 sums
    clip = Clip(frames()[None], ["a"], torch.zeros(1, dtype=torch.int64))
    step = Step(clip, low, clip.frames, task.train().generate(low))
    loss = evaluate(LossTerm(Rate()), task.networks, step)
    assert float(loss) == pytest.approx(float(costs.mean()), rel=1e-5)


def test_a_condition_that_the_task_does_not_know_is_refused_before_anything_is_scored(root: Path) -> None:
    task = one(Coding, Gain())
    task.protocol = Protocol("times", "", {}, cases={"half": Case(conditions={"time": 0.5})})
    with pytest.raises(
        UserError, match="protocol times: its cases set time, which this task does not know; it knows qu"
    ):
        scored(task, root)


def test_preflight_tries_what_cases_set_and_refuses_what_the_task_does_not_know(
    composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.protocols.test_cases")
    config = composed("data.patch=32", "data.frames=2", "data.batch_size=1", "networks.discriminator.layers=1")
    kind = "vidgan.protocols.case.Case"
    cases = {name: {"_target_": kind, "conditions": {"time": time}} for name, time in (("half", 0.5), ("late", 0.9))}
    OmegaConf.update(config, "protocol.cases", cases, force_add=True)
    with pytest.raises(UserError, match="protocol default: its cases set time, which this task does not know; it"):
        Preflight().examine(config)
    config.task = {"_target_": "tests.protocols.test_cases.Timed"}
    Preflight().examine(config)
    config.protocol.cases.half.conditions.time = "early"
    with pytest.raises(UserError, match=r"^protocol\.cases\.half: time is 'early'; expected a number, or what makes"):
        Preflight().examine(config)
    config.protocol.cases.half = {"conditions": {"time": 0.5}}
    with pytest.raises(UserError, match=r"protocol default: cases\.half needs _target_: vidgan\.protocols\.case\.Case"):
        Preflight().examine(config)


def test_cases_set_the_same_conditions() -> None:
    cases = {"a": Case(conditions={"quality": 1}), "b": Case(conditions={"rate": 1})}
    with pytest.raises(UserError, match="protocol p: its cases set different conditions; give each of them all"):
        Protocol("p", "", {}, cases=cases)
