"""A data set of the lab's own: clips by a formula."""

from typing import Literal

import torch
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.randomness import mix, uniform


class Formula(Dataset[Clip]):
    def __init__(self, name: str, count: int, seed: int, batched: bool) -> None:
        self.name, self.count, self.seed, self.batched = name, count, seed, batched

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Clip:
        if self.batched and number >= self.count:
            raise IndexError(number)
        randomness = torch.tensor([mix(self.seed, self.name, number)])
        frames = 0.5 + 0.5 * uniform(randomness, "frames", 3, 3, 32, 32)
        return Clip((255 * frames).byte(), [f"{self.name}/{number}"], randomness)


class FormulaClips(DataModule):
    def __init__(self, batch_size: int, seed: int, loading: Loading | None = None) -> None:
        super().__init__(batch_size, loading)
        self.seed = seed

    @property
    def training(self) -> Formula:
        return Formula("train", 2**31, self.seed, batched=False)

    def evaluated(self, split: Literal["val", "test"]) -> Formula:
        return Formula(split, 3, seed=0, batched=True)

    def blank(self) -> Clip:
        return Formula("blank", 1, 0, batched=True)[0].to_float()
