"""What a codec is told, who trains its quantiles, and what it is measured against."""

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from tests.generators.test_transform_codec import moving, small
from vidgan.data.clip import Clip
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player, Role
from vidgan.engine.scoring import made_by
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Step
from vidgan.errors import UserError
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.losses.rate import Distortion, Rate
from vidgan.randomness import mix
from vidgan.tasks.learned_coding.task import LearnedCoding
from vidgan.video.coding import Coding, coded

QUANTILES = ["generator.intra.prior.quantiles", "generator.inter.prior.quantiles"]


def task(network: nn.Module | None = None, **players: Player) -> LearnedCoding:
    quantiles = {} if network else {"quantiles": Player(Role.AUXILIARY, QUANTILES, torch.optim.Adam)}
    return LearnedCoding(
        networks={"generator": network or small()},
        players={"generator": Player(Role.GENERATOR, ["generator"], torch.optim.Adam), **quantiles, **players},
        terms={"rate": LossTerm(Rate()), "distortion": LossTerm(Distortion())},
        settings=EngineSettings(iterations=1, ema=None),
    )


def clip(batch: int = 1, **conditions: Tensor) -> Clip:
    frames = (moving()[None] / 255).repeat(batch, 1, 1, 1, 1)
    names = [f"{index}" for index in range(batch)]
    return Clip(frames, names, torch.tensor([mix(name) for name in names]), conditions=conditions)


def trained(tmp_path: Path, **players: Player) -> set[str]:
    """The parameters that an iteration changes."""
    pl.seed_everything(0)
    game = task(**players).train()
    before = {name: value.clone() for name, value in game.networks.named_parameters()}
    trainer = pl.Trainer(
        max_steps=1, accelerator="cpu", logger=False, enable_checkpointing=False, default_root_dir=tmp_path,
        limit_val_batches=0, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(game, DataLoader([clip(4)], batch_size=None))
    return {name for name, value in game.networks.named_parameters() if not torch.equal(value, before[name])}


def test_each_player_trains_what_it_owns(tmp_path: Path) -> None:
    everything = {f"generator.{name}" for name, _ in small().named_parameters()}
    everything.remove("generator.intra.decoder.expectation.of_picture.weight")  # of gray, which is 0
    assert trained(tmp_path) == everything
    still = Player(Role.AUXILIARY, QUANTILES, torch.optim.Adam, stop=0)
    assert trained(tmp_path, quantiles=still) == everything - set(QUANTILES)


def test_the_rate_of_a_clip_follows_from_its_seed() -> None:
    game = task().train()
    rates = game.condition(clip(64))["rate"]
    assert torch.equal(rates, game.condition(clip(64))["rate"])
    assert sorted(set(rates.tolist())) == [0, 1, 2, 3]
    assert game.eval().condition(clip())["rate"].tolist() == [2]
    assert game.condition(clip(rate=torch.tensor([3.0])))["rate"].tolist() == [3]


def test_what_it_makes_is_named() -> None:
    game = task().train()
    given = clip(2)
    made = game.generate(game.condition(given))
    assert made.fake.shape == given.frames.shape
    assert made.named["bits"].shape == (2, 4)
    assert made.named["tradeoff"].tolist() == [
        pytest.approx([0.0067, 0.02, 0.06, 0.18][rate]) for rate in game.condition(given)["rate"].tolist()
    ]


def test_a_rate_that_is_not_there_and_a_network_that_is_no_codec_are_refused() -> None:
    with pytest.raises(UserError, match="rate=4; the codec has 0 to 3"):
        task().eval().condition(clip(rate=torch.tensor([4.0])))
    with pytest.raises(UserError, match="RRDBNet is no codec"):
        task(RRDBNet(1, channels=4, blocks=1, growth=2))


@pytest.mark.parametrize(
    ("name", "codec", "preset", "level"), [("x264", "h264", "medium", 30), ("svt_av1", "av1", "6", 50)]
)
def test_other_codecs_are_asked_for_their_bits(name: str, codec: str, preset: str, level: int) -> None:
    game, given = task().eval(), clip(crf=torch.tensor([30.0]))
    step = Step(given, game.condition(given), given.frames, game.generate(game.condition(given)))
    made: Any = made_by(name, game.baselines()[name], step)
    pixels = (255 * given.frames[0]).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    frames, bits = coded(pixels, level, Coding(codec, preset))
    assert made.named["bits"].tolist() == [bits.tolist()]
    assert torch.equal((255 * made.fake[0]).round().byte().permute(0, 2, 3, 1), torch.from_numpy(frames))
