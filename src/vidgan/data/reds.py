"""REDS (Nah et al. 2019, "NTIRE 2019 challenge on video deblurring and super-resolution")."""

from pathlib import Path

from vidgan.data.layout import Layout, Low, chosen, clip, existing, without_validation
from vidgan.data.sources import Source
from vidgan.data.splits import Splits

#: Training clips that the literature tests on since EDVR (Wang et al. 2019).
REDS4 = (0, 11, 15, 20)
_TRAIN, _CLIPS, _FRAMES = 240, 270, 100


class REDS(Layout):
    """240 training clips of which REDS4 test, and the 30 official validation clips, counted as 240 to 269.

    Unpacked as published, regrouped as BasicSR does (all clips in ``train_sharp``), or REDS4 alone (``GT/000``).

    Args:
        low: ``"bi"`` reads the published low resolution; None makes it from the clips.
        validation: False trains on clips 240 to 269 as well, as BasicSR and VRT do, and validates on REDS4.
    """

    title = "REDS"
    homepage = "seungjunnah.github.io/Datasets/reds"
    terms = "CC BY 4.0"
    tree = "train_sharp/000/00000000.png to train_sharp/239, and val_sharp/000 to 029 or train_sharp/240 to 269"

    def __init__(self, low: Low | None = None, validation: bool = True) -> None:
        self.low = low and chosen({"bi": "sharp_bicubic"}, low, self.title)
        self.validation = validation

    def published(self, root: Path) -> Splits:
        train = [self._clip(root, number) for number in range(_TRAIN) if number not in REDS4]
        val = [self._clip(root, number) for number in range(_TRAIN, _CLIPS)]
        splits = Splits(train, val, [self._clip(root, number) for number in REDS4])
        return splits if self.validation else without_validation(splits)

    def _clip(self, root: Path, number: int) -> Source:
        truth = self._place(root, number, "sharp", "", "GT")
        low = self._place(root, number, self.low, "X4/", self.low) if self.low else None
        return clip(f"{number:03d}", truth, _FRAMES, low)

    @staticmethod
    def _place(root: Path, number: int, kind: str, scale: str, alone: str) -> Path:
        split, own = ("train", number) if number < _TRAIN else ("val", number - _TRAIN)
        return existing(
            root,
            f"train_{kind}/{scale}{number:03d}",
            f"{split}_{kind}/{scale}{own:03d}",
            f"{split}/{split}_{kind}/{scale}{own:03d}",
            f"{alone}/{number:03d}",
        )
