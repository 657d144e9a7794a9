"""A mask from a folder of one's own reaches networks, losses and metrics, to the pixel."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.data.test_folder import MARK, write
from tests.engine.toy import ToyDiscriminator, ToyGenerator, ToyTask, fit, toy_players
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, Loading
from vidgan.data.folder import AlignedFolders
from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import GeneratorOutput
from vidgan.losses.adversarial import LeastSquares
from vidgan.losses.pixel import MaskedL1
from vidgan.metrics.base import Metric
from vidgan.protocols.protocol import Protocol


def assert_on_the_mark(frames: Tensor, mask: Tensor) -> None:
    """That a mask (..., 1, H, W) is where ``MARK`` is in frames (..., 3, H, W), and that both are in [0, 1]."""
    assert 0 < mask.mean() < 1
    mark = torch.tensor(MARK).view(3, 1, 1) / 255
    assert torch.equal(mask == 1, (frames == mark).all(-3, keepdim=True))
    assert torch.equal(mask == 0, mask != 1)


class Filler(ToyGenerator):
    def forward(self, frames: Tensor) -> Tensor:
        self.given = frames
        return super().forward(frames[:, :, :3])


class MaskedDiscriminator(ToyDiscriminator):
    def forward(self, frames: Tensor, mask: Tensor, return_features: bool = False) -> object:
        assert mask.shape == frames[:, :, :1].shape
        return super().forward(frames * mask, return_features)


class Filling(ToyTask):
    """Fills the pixels that the mask marks."""

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        assert_on_the_mark(clip.frames, clip.conditions["mask"])
        self.seen = [*getattr(self, "seen", []), *clip.names]
        return {"holes": clip.frames * (1 - clip.conditions["mask"]), "mask": clip.conditions["mask"]}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        assert condition["holes"].masked_select(condition["mask"] == 1).abs().max() == 0
        return GeneratorOutput(self.network("generator")(torch.cat([condition["holes"], condition["mask"]], 2)))


class Inside(Metric):
    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor, mask: Tensor) -> float:
        assert_on_the_mark(real, mask)
        return float(((fake - real).abs() * mask).mean())


@pytest.mark.parametrize("workers", [0, 2])
def test_a_mask_is_one_more_name(tmp_path: Path, workers: int) -> None:
    for seed, clip in enumerate("abcd"):
        write(tmp_path / "own", clip, seed=seed)
    task = Filling(
        networks={"generator": Filler(), "discriminator": MaskedDiscriminator()},
        players=toy_players(),
        terms={"inside": LossTerm(MaskedL1()), "adversarial": LossTerm(LeastSquares())},
        settings=EngineSettings(3, accumulate=2),
    )
    task.protocol = Protocol("inside", "nobody", {"inside": Inside()}, crop=4)
    loading = Loading(workers, str(tmp_path / "cache"))
    layout = AlignedFolders("gt", maps={"mask": "masks"})
    data = ClipDataModule(str(tmp_path / "own"), 4, 3, 24, Augmentation(), seed=7, layout=layout, loading=loading)
    trainer = fit(task, tmp_path, data=data)
    assert len(task.seen) == 3 * 4
    assert task.networks["generator"].given.shape == (2, 3, 4, 24, 24)
    trainer.test(task, data, verbose=False)
    assert 0 < task.scores["model"]["inside"] < 1
