"""The moving average of the weights: its warm-up by hand, over a resume, and what a short training delivers."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.engine.toy import ADAM, ToyDiscriminator, ToyTask, clip_of, fit, toy_players, toy_task, weights_of
from vidgan.data.clip import Clip
from vidgan.engine.ema import MovingAverage, warmed_up
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.pixel import MSE


def test_the_decay_warms_up_by_hand() -> None:
    assert [warmed_up(0.999, n) for n in (1, 8, 90)] == [2 / 11, 9 / 18, 91 / 100]
    assert warmed_up(0.998, 4000) == 4001 / 4010 < 0.998  # the quickstart's 4,000 iterations
    assert warmed_up(0.9, 80) == warmed_up(0.9, 81) == 0.9  # from (1 + 80) / (10 + 80) on
    assert warmed_up(0.0, 0) == 0.0


def test_an_average_by_hand() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = MovingAverage(network, {"player": [network.weight]}, 0.25)
    seen = []
    for updates, weight in enumerate((8.0, 19.0, 4.0, 20.0)):
        nn.init.constant_(network.weight, weight)
        average.follow(network, {"player": updates})
        seen.append(average.module.weight.item())
    # 8, then 2/11 * 8 + 9/11 * 19 = 17, then 3/12 * 17 + 9/12 * 4 = 7.25, then 1/4 (not 4/13) * 7.25 + 3/4 * 20.
    assert seen == pytest.approx([8, 17, 7.25, 16.8125], rel=1e-6)  # three roundings of float32


def test_what_is_not_averaged_is_copied() -> None:
    network = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2))  # two buffers of floats and one of whole numbers
    average = MovingAverage(network, {"owner": list(network[1].parameters())}, 0.9)
    for updates in range(3):
        network(torch.randn(4, 2))
        nn.init.normal_(network[0].weight)  # nobody owns it, as of a network that is kept frozen and was loaded
        average.follow(network, {"owner": updates})
    for name, value in network[0].state_dict().items():
        assert torch.equal(average.module[0].state_dict()[name], value), name


def test_a_part_that_starts_late_does_not_remember_what_it_began_with(tmp_path: Path) -> None:
    """As the second stage of PG2, which waits for the first: of 40 iterations of which it trains the last 10."""
    players = {
        "early": Player(Role.GENERATOR, ("generator",), ADAM),
        "late": Player(Role.GENERATOR, ("generator.conv.bias",), ADAM, start=30),
        "discriminator": toy_players()["discriminator"],
    }
    task = toy_task(40, players, ema=0.999)
    seen: list[Tensor] = []
    task.on_train_batch_end = lambda *_: seen.append(task.networks["generator"].conv.bias.detach().clone())
    fit(task, tmp_path)
    expected = seen[30]
    for updates in range(1, 10):
        expected = torch.lerp(expected, seen[30 + updates], 1 - warmed_up(0.999, updates))
    torch.testing.assert_close(task.average("generator").conv.bias, expected)  # the same roundings, up to one


def test_before_its_first_step_an_average_is_the_network(tmp_path: Path) -> None:
    """Also where weights were loaded after it was made, as a warm start's are."""
    task = toy_task(3, {**toy_players(), "generator": Player(Role.GENERATOR, ("generator",), ADAM, stop=0)})
    nn.init.normal_(task.networks["generator"].conv.weight)
    fit(task, tmp_path)
    assert torch.equal(task.average("generator").conv.weight, task.networks["generator"].conv.weight)


def test_the_warm_up_goes_on_after_a_resume(tmp_path: Path) -> None:
    whole, first, second = toy_task(6, ema=0.999), toy_task(6, ema=0.999), toy_task(6, ema=0.999)
    fit(whole, tmp_path)
    fit(first, tmp_path, max_steps=3).save_checkpoint(tmp_path / "3.ckpt")
    fit(second, tmp_path, resume=tmp_path / "3.ckpt")
    assert all(torch.equal(value, weights_of(second)[key]) for key, value in weights_of(whole).items())
    assert second.moves["generator"].begun == 0


@pytest.mark.parametrize("ema", [math.nan, -0.1, 1.0, math.inf])
def test_a_decay_out_of_range_is_refused(ema: float) -> None:
    with pytest.raises(UserError, match=r"engine\.ema=\S+: a decay is at least 0 and below 1"):
        EngineSettings(1, ema=ema)


class Upscaler(nn.Module):
    """x2: what a bilinear picture lacks, from two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 12, 3, padding=1))

    def forward(self, frames: Tensor) -> Tensor:
        small = frames.flatten(0, 1)
        large = F.interpolate(small, scale_factor=2.0, mode="bilinear") + F.pixel_shuffle(self.body(small), 2)
        return large.unflatten(0, frames.shape[:2])


class Upscaling(ToyTask):
    """x2 super-resolution of blobs with sharp edges."""

    def target(self, clip: Clip) -> Tensor:
        noise = clip.frames.flatten(0, 1)[..., :5, :5]
        return torch.sigmoid(20 * (F.interpolate(noise, size=(16, 16), mode="bicubic") - 0.5)).unflatten(0, (-1, 2))

    def condition(self, clip: Clip) -> Tensor:
        return F.avg_pool3d(self.target(clip), (1, 2, 2))

    def psnr(self) -> float:
        """Of 16 clips that no training has seen, by the network that this mode delivers."""
        step = self.play(Clip.collate([clip_of(-number) for number in range(1, 17)]), None)
        return -10 * math.log10((step.fake - step.real).square().mean().item())


@pytest.mark.parametrize("iterations", [60, 200, 400])
def test_a_short_training_delivers_what_it_trained(tmp_path: Path, iterations: int) -> None:
    torch.manual_seed(0)
    cosine = partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=iterations)  # as the quickstarts
    task = Upscaling(
        {"generator": Upscaler(), "discriminator": ToyDiscriminator()},
        {name: Player(Role(name), (name,), ADAM, cosine) for name in ("generator", "discriminator")},
        {"pixel": LossTerm(MSE()), "adversarial": LossTerm(LeastSquares(), weight=1e-3)},
        EngineSettings(iterations, ema=0.999),
    )
    with torch.no_grad():
        untrained = task.train().psnr()
    fit(task, tmp_path)
    with torch.no_grad():
        raw, delivered = task.train().psnr(), task.eval().psnr()
    assert raw > untrained + 0.5, "nothing was learned that an average could have missed"
    assert delivered > raw - 0.1
