"""Back-propagation through time, whole and cut off, against gradients written out by hand."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from tests.engine.toy import ToyDiscriminator, ToyTask, fit
from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.pixel import MSE
from vidgan.randomness import uniform

FRAMES = 6


class Echo(nn.Module):
    """h = tanh(a x + b h), frame by frame."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([0.7, 0.9]))

    def stream(self, frames: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        hidden, made = torch.zeros_like(frames[:, 0]) if state is None else state[0], []
        for frame in frames.unbind(1):
            hidden = torch.tanh(self.weights[0] * frame + self.weights[1] * hidden)
            made.append(hidden)
        return torch.stack(made, dim=1), (hidden,)


class EchoTask(AdversarialTask):
    """Keeps what its generator was given before each segment."""

    def condition(self, clip: Clip) -> Tensor:
        return clip.frames * 0.5

    def generate(self, condition: Tensor) -> GeneratorOutput:
        return self.proceed(condition, None)

    def proceed(self, condition: Tensor, state: Any) -> GeneratorOutput:
        fake, state = self.network("generator").stream(condition, state)
        return GeneratorOutput(fake, state=state)


class Clips(pl.LightningDataModule):
    def __init__(self, batch: Clip) -> None:
        super().__init__()
        self.batch = batch

    def train_dataloader(self) -> DataLoader:
        return DataLoader([self.batch], batch_size=None)


SGD = partial(torch.optim.SGD, lr=1.0)


def stepped(
    tmp_path: Path, of_discriminator: dict[str, Any] | None = None, **settings: Any
) -> tuple[EchoTask, dict[str, Tensor]]:
    """The task after one step of plain gradient descent, and the gradients that it took."""
    torch.manual_seed(0)
    task = EchoTask(
        networks={"generator": Echo(), "discriminator": ToyDiscriminator()},
        players={
            "generator": Player(Role.GENERATOR, ("generator",), SGD),
            "discriminator": Player(Role.DISCRIMINATOR, ("discriminator",), SGD, **(of_discriminator or {})),
        },
        terms={"pixel": LossTerm(MSE()), "adversarial": LossTerm(LeastSquares(), weight=0.1)},
        settings=EngineSettings(iterations=1, ema=None, **settings),
    )
    before = {name: value.clone() for name, value in task.networks.named_parameters()}
    fit(task, tmp_path, data=Clips(batch()))
    return task, {name: before[name] - value.detach() for name, value in task.networks.named_parameters()}


def batch() -> Clip:
    seeds = torch.arange(2)
    return Clip(uniform(seeds, "frames", FRAMES, 3, 8, 8), ["a", "b"], seeds)


def by_hand(length: int) -> dict[str, Tensor]:
    """The gradients of both players with the memory detached after each ``length`` frames."""
    torch.manual_seed(0)
    generator, discriminator, real = Echo(), ToyDiscriminator(), batch().frames
    hidden, fakes, total = torch.zeros_like(real[:, 0]), [], torch.zeros(())
    for start in range(0, FRAMES, length):
        fake, (hidden,) = generator.stream(0.5 * real[:, start : start + length], (hidden.detach(),))
        fakes.append(fake.detach())
        term = (fake - real[:, start : start + length]).square().mean()
        total = total + (term + 0.1 * (discriminator(fake) - 1).square().mean()) * length / FRAMES
    of_generator = torch.autograd.grad(total, generator.weights)[0]
    moved = Echo()
    moved.weights.data = generator.weights.data - of_generator
    verdict = (discriminator(real) - 1).square().mean() + discriminator(torch.cat(fakes, 1)).square().mean()
    gradients = torch.autograd.grad(verdict / 2, list(discriminator.parameters()))
    names = [f"discriminator.{name}" for name, _ in discriminator.named_parameters()]
    return {"generator.weights": of_generator, **dict(zip(names, gradients, strict=True))}


@pytest.mark.parametrize("length", [1, 2, 3, FRAMES])
def test_segments_have_the_gradients_of_a_memory_detached_by_hand(tmp_path: Path, length: int) -> None:
    _, gradients = stepped(tmp_path, tbptt=length)
    expected = by_hand(length)
    assert gradients.keys() == expected.keys()
    for name, value in expected.items():  # float32 sums over frames and pixels, in another order
        torch.testing.assert_close(gradients[name], value, rtol=1e-4, atol=1e-6)


def test_one_segment_is_the_whole_gradient_and_shorter_ones_are_not(tmp_path: Path) -> None:
    whole, one, cut = (
        stepped(tmp_path, tbptt=tbptt)[1]["generator.weights"] for tbptt in (None, FRAMES, 2)
    )  # fmt: skip
    assert torch.equal(whole, one)
    assert not torch.allclose(whole, cut, rtol=1e-2)


def test_segments_and_chunks_of_clips_add_up(tmp_path: Path) -> None:
    one, two = (stepped(tmp_path, tbptt=3, accumulate=accumulate)[1] for accumulate in (1, 2))
    for name, value in one.items():  # float32 sums of two parts instead of one
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-6)


def test_what_autograd_keeps_is_that_of_a_segment(tmp_path: Path) -> None:
    most = {}
    for tbptt in (None, 2):
        alive = peak = 0

        def keep(tensor: Tensor) -> Tensor:
            nonlocal alive, peak
            alive += tensor.numel()
            peak = max(peak, alive)
            return tensor

        def use(tensor: Tensor) -> Tensor:
            nonlocal alive
            alive -= tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, use):
            stepped(tmp_path, tbptt=tbptt)
        assert alive == 0
        most[tbptt] = peak
    assert most[2] < 0.4 * most[None]


def test_clips_that_do_not_divide_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"engine\.tbptt=4 does not divide a clip's 6 frames"):
        stepped(tmp_path, tbptt=4)


@pytest.mark.parametrize("setting", ["tbptt", "accumulate"])
def test_parts_of_nothing_are_refused(setting: str) -> None:
    with pytest.raises(UserError, match=rf"engine\.{setting}=0: it must be 1 or more"):
        EngineSettings(1, **{setting: 0})


def test_a_task_without_a_memory_is_refused() -> None:
    with pytest.raises(UserError, match=r"engine\.tbptt=2: ToyTask carries no memory"):
        ToyTask({}, {}, {}, EngineSettings(1, tbptt=2))


def test_a_window_of_a_clip_has_its_key_points_and_what_is_aligned() -> None:
    clip = batch()
    clip.keypoints = torch.rand(2, FRAMES, 18, 2)
    clip.conditions = {"source": torch.rand(2, 1, 3, 8, 8), "mask": torch.rand(2, FRAMES, 1, 8, 8)}
    clip.aligned = frozenset({"mask"})
    part = clip.between(2, 5)
    for name in ("frames", "keypoints"):
        assert torch.equal(getattr(part, name), getattr(clip, name)[:, 2:5])
    assert torch.equal(part.conditions["mask"], clip.conditions["mask"][:, 2:5])
    assert part.conditions["source"].shape == (2, 1, 3, 8, 8)
    assert clip.frames.shape[1] == FRAMES
