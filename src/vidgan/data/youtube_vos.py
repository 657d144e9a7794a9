"""YouTube-VOS (Xu et al. 2018, "YouTube-VOS: a large-scale video object segmentation benchmark")."""

from pathlib import Path

from vidgan.data.layout import Layout, all_clips, existing
from vidgan.data.sources import Source
from vidgan.data.splits import Splits


class YouTubeVOS(Layout):
    """3,471 training, 474 validation and 508 test clips (2018), every frame of them; frames alone, no masks of objects.

    Clips are listed nowhere: those that are there count. Without the test archive the validation clips test.
    """

    title = "YouTube-VOS"
    homepage = "youtube-vos.org"
    terms = "registration; non-commercial research"
    tree = "train_all_frames/JPEGImages/<clip>/00000.jpg, valid_all_frames and test_all_frames"

    def published(self, root: Path) -> Splits:
        train, val, test = (self._clips(root, split) for split in ("train", "valid", "test"))
        return Splits(train, val, test or val)

    @staticmethod
    def _clips(root: Path, split: str) -> list[Source]:
        return all_clips(existing(root, f"{split}_all_frames/JPEGImages", f"{split}/JPEGImages"))
