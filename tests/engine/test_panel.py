"""What the health panel shows of a discriminator."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.engine.test_adversarial import Steps
from tests.engine.toy import ToyGenerator, ToyTask, clip_of, fit, toy_players
from vidgan.data.clip import Clip
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.settings import EngineSettings
from vidgan.losses.adversarial import Hinge, LeastSquares, RelativisticAverage, Vanilla, Wasserstein

DARK = 0.2  # what the generator makes; real frames are uniform noise, of a mean near 1/2


class Brightness(nn.Module):
    """A logit of 0.1 for the made frames, and near 0.9 for real ones."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.8 / 0.3))

    def forward(self, frames: Tensor, return_features: bool = False) -> Any:
        logits = 0.1 + self.gain * (frames.flatten(0, 1).flatten(1).mean(1, keepdim=True) - DARK)
        return (logits, []) if return_features else logits


def first_row(folder: Path, loss: nn.Module) -> dict[str, float]:
    generator, steps = ToyGenerator(), Steps()
    nn.init.zeros_(generator.conv.weight)
    nn.init.constant_(generator.conv.bias, DARK)
    networks = {"generator": generator, "discriminator": Brightness()}
    settings = EngineSettings(1, accumulate=2, log_every=1)
    fit(ToyTask(networks, toy_players(), {"against": LossTerm(loss)}, settings), folder, logger=steps)
    return steps.rows[0][1]


@pytest.mark.parametrize(
    ("loss", "accuracies"),
    [
        (Vanilla(), {"real": 1, "fake": 0}),
        (Hinge(), {"real": 1, "fake": 0}),
        (LeastSquares(), {"real": 1, "fake": 1}),
        (RelativisticAverage(), {"real": 1, "fake": 1}),
        (Wasserstein(), {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_accuracies_are_by_the_loss_that_trains(tmp_path: Path, loss: nn.Module, accuracies: dict[str, float]) -> None:
    row = first_row(tmp_path, loss)
    shown = {key.removeprefix("discriminator/accuracy_"): value for key, value in row.items() if "accuracy" in key}
    assert shown == accuracies


def test_the_ratio_of_the_losses_by_hand(tmp_path: Path) -> None:
    real = Brightness()(Clip.collate([clip_of(number) for number in range(4)]).frames)
    of_generator, of_discriminator = 0.9**2, ((real - 1).square().mean().item() + 0.1**2) / 2
    row = first_row(tmp_path, LeastSquares())
    assert row["loss/against"] == pytest.approx(of_generator, rel=1e-5)  # float32 means of 8 frames
    assert row["loss/discriminator"] == pytest.approx(of_discriminator, rel=1e-4)
    assert row["discriminator/loss_ratio"] == pytest.approx(of_discriminator / of_generator, rel=1e-4)
