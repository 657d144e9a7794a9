"""DAVIS-2017 (Pont-Tuset et al. 2017, "The 2017 DAVIS challenge on video object segmentation")."""

from pathlib import Path

from vidgan.data.layout import Layout, clip, existing, listed, without_validation
from vidgan.data.sources import Source
from vidgan.data.splits import Splits


class DAVIS(Layout):
    """60 training and 30 validation clips, and the 30 clips of test-dev, all at 480p; frames alone, no masks.

    Without test-dev, which is an archive of its own, the validation clips test.

    Args:
        validation: False trains on the validation clips as well, 90 in all, as FastDVDnet and VRT do, and validates on
            test-dev.
    """

    title = "DAVIS-2017"
    homepage = "davischallenge.org"
    terms = "those in the README of its archives"
    tree = "JPEGImages/480p/<clip>/00000.jpg and ImageSets/2017/train.txt, val.txt and test-dev.txt"

    def __init__(self, validation: bool = True) -> None:
        self.validation = validation

    def published(self, root: Path) -> Splits:
        root = existing(root, "DAVIS", ".")
        lists = root / "ImageSets" / "2017"
        names = [listed(lists / f"{split}.txt", r"[\w-]+") for split in ("train", "val")]
        test = lists / "test-dev.txt"
        names.append(listed(test, r"[\w-]+") if test.exists() else names[1])
        splits = Splits(*([self._clip(root, name) for name in part] for part in names))
        return splits if self.validation else without_validation(splits)

    @staticmethod
    def _clip(root: Path, name: str) -> Source:
        return clip(name, root / "JPEGImages" / "480p" / name)
