"""Data sets that generators of new video are trained on, as they lie on a disk."""

from collections.abc import Iterator
from pathlib import Path

from vidgan.data.layout import Layout, TrainTest, all_clips, existing, listed
from vidgan.data.sources import Source, VideoFile
from vidgan.data.splits import Splits


class UCF101Actions(Layout):
    """UCF101 (Soomro et al. 2012): 13,320 videos of 320 x 240 px in 101 folders of actions, by its first split.

    Nothing is published to validate on, so the test videos do that too.
    """

    title = "UCF101"
    homepage = "crcv.ucf.edu/data/UCF101.php"
    terms = "none are stated; the videos are from YouTube"
    tree = "UCF-101/<action>/v_<action>_g01_c01.avi and ucfTrainTestlist/trainlist01.txt and testlist01.txt"

    def published(self, root: Path) -> Splits:
        videos, lists = existing(root, "UCF-101", "."), existing(root, "ucfTrainTestlist", ".")
        # A line to train on ends with the number of the action.
        train = listed(lists / "trainlist01.txt", r"\w+/v_\w+\.avi \d+")
        test = list(_videos(videos, listed(lists / "testlist01.txt", r"\w+/v_\w+\.avi")))
        return Splits(list(_videos(videos, [line.partition(" ")[0] for line in train])), test, test)


def _videos(folder: Path, lines: list[str]) -> Iterator[Source]:
    return (VideoFile(line.removesuffix(".avi"), folder / line) for line in lines)


class SkyTimelapse(TrainTest):
    """Sky Time-lapse (Xiong et al. 2018): skies over time, a folder of JPEG files for each scene of a video."""

    title = "Sky Time-lapse"
    homepage = "github.com/weixiong-ur/mdgan"
    terms = "none are stated; the videos are from YouTube"
    tree = "sky_train/<video>/<scene>/<frame>.jpg and sky_test/ likewise,"
    train, test = "sky_train", "sky_test"


class FaceForensics(Layout):
    """FaceForensics (Roessler et al. 2018) as generators of video are trained on it: the original videos, cut to faces.

    A folder of frames, or a video, for each. Where there is nothing to test on, what validates does that too.
    """

    title = "FaceForensics"
    homepage = "github.com/ondyari/FaceForensics"
    terms = "research only, on request; the videos are from YouTube and show people"
    tree = "train/<video>/<frame>.png, val/ and test/ likewise,"

    def published(self, root: Path) -> Splits:
        train, val, test = (all_clips(root / name) for name in ("train", "val", "test"))
        return Splits(train, val or test, test or val)
