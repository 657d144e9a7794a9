"""iPER (Liu et al. 2019, "Liquid warping GAN: a unified framework for human motion imitation")."""

from pathlib import Path

from vidgan.data.layout import Layout, existing, listed
from vidgan.data.sources import FrameFolder, Source, VideoFile
from vidgan.data.splits import Splits


class IPER(Layout):
    """206 videos of 30 persons in 103 outfits, split by outfit: 164 train and 42 test.

    A line of the lists is ``<person>/<outfit>/<motion>``, such as ``001/1/1``. Nothing is published to validate on, so
    the test videos do that too.
    """

    title = "iPER"
    homepage = "svip-lab.github.io/dataset/iPER_dataset.html"
    terms = "research only"
    tree = "iPER_1024_video_release/001_1_1.mp4 or images_HD/001/1/1/*.jpg, and train.txt and val.txt"

    def published(self, root: Path) -> Splits:
        train, test = (
            [
                self._clip(root, line)
                for line in listed(existing(root, name, f"iPER_256_video_release/{name}"), r"\d+/\d+/\d+")
            ]
            for name in ("train.txt", "val.txt")
        )
        return Splits(train, test, test)

    @staticmethod
    def _clip(root: Path, line: str) -> Source:
        name = line.replace("/", "_")
        path = existing(root, f"iPER_1024_video_release/{name}.mp4", f"{name}.mp4", f"images_HD/{line}", line)
        return (VideoFile if path.suffix == ".mp4" else FrameFolder)(name, path)
