"""Fashion Video (Zablotskaia et al. 2019, "DwNet: dense warp-based network for pose-guided human video generation")."""

from pathlib import Path

from vidgan.data.layout import Layout, all_clips
from vidgan.data.splits import Splits


class FashionVideo(Layout):
    """500 training and 100 test videos of a person turning before white, about 350 frames each.

    Nothing is published to validate on, so the test videos do that too.
    """

    title = "Fashion Video"
    homepage = "vision.cs.ubc.ca/datasets/fashion"
    terms = "CC BY-NC 4.0"
    tree = "train/*.mp4 and test/*.mp4"

    def published(self, root: Path) -> Splits:
        test = all_clips(root / "test")
        return Splits(all_clips(root / "train"), test, test)
