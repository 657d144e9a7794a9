"""The triplets of UCF101 (Liu et al. 2017, "Video frame synthesis using deep voxel flow")."""

from pathlib import Path

from natsort import natsorted

from vidgan.data.layout import Layout, existing
from vidgan.data.sources import NamedFrames, Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError

_TRIPLETS = 379
_IMAGES = ("frame_00.png", "frame_01_gt.png", "frame_02.png")


class UCF101(Layout):
    """379 triplets of 256 x 256 pixels to test on; what their authors' network made lies beside them and is not read.

    They are listed nowhere: all of them have to be there.
    """

    title = "UCF101 triplets"
    homepage = "github.com/liuziwei7/voxel-flow"
    terms = "none are stated for the data; its authors' code is for non-commercial research and education"
    tree = "ucf101_interp_ours/1/frame_00.png, frame_01_gt.png and frame_02.png, and 378 more folders,"

    def published(self, root: Path) -> Splits:
        root = existing(root, "ucf101_interp_ours", ".")
        folders = {path.parent for image in _IMAGES for path in root.glob(f"*/{image}")}
        if folders and len(folders) != _TRIPLETS:
            raise UserError(f"{root}: holds {len(folders)} triplets of {_TRIPLETS}; unpack it again")
        triplets: list[Source] = [
            NamedFrames(path.name, path, _IMAGES) for path in natsorted(folders, key=lambda path: path.name)
        ]
        return Splits([], triplets, triplets)
