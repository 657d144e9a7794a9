"""TaiChiHD (Siarohin et al. 2019, "First order motion model for image animation")."""

from pathlib import Path

from vidgan.data.layout import Layout, all_clips
from vidgan.data.splits import Splits


class TaiChiHD(Layout):
    """Cropped videos of 256 or 512 px from the published lists of parts of YouTube videos.

    As its loader writes them: a video, or a folder of frames, for each part. Nothing is published to validate on, so
    the test videos do that too.
    """

    title = "TaiChiHD"
    homepage = "the page of the first order motion model, whose loader fetches it"
    terms = "those of the videos on YouTube"
    tree = "train/<part>.mp4 and test/<part>.mp4, or folders of frames of these names,"

    def published(self, root: Path) -> Splits:
        test = all_clips(root / "test")
        return Splits(all_clips(root / "train"), test, test)
