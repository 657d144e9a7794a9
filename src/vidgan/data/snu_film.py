"""SNU-FILM (Choi et al. 2020, "Channel attention is all you need for video frame interpolation")."""

from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from vidgan.data.layout import Layout, existing, listed
from vidgan.data.sources import NamedFrames, Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError

Level = Literal["easy", "medium", "hard", "extreme"]
_TRIPLETS = 310
_LINE = r"(?![/~])(?!.*\.\./)(\S+/)[^\s/]+\.\w+ \1[^\s/]+\.\w+ \1[^\s/]+\.\w+"  # three pictures of one folder


class SNUFILM(Layout):
    """310 triplets to test on at each of four levels, whose given frames are 2, 4, 8 or 16 frames apart.

    A line of a list is three paths, such as ``data/SNU-FILM/test/GOPRO_test/GOPR0384_11_00/000001.png``; what is before
    ``GOPRO_test`` or ``YouTube_test`` may be missing below the root.

    Args:
        level: whose list is read.

    Raises:
        UserError: there is no such level.
    """

    title = "SNU-FILM"
    homepage = "myungsub.github.io/CAIN"
    terms = "no licence is stated; clips of GoPro's data set and of YouTube"
    tree = "test/GOPRO_test, test/YouTube_test and test-easy.txt to test-extreme.txt"

    def __init__(self, level: Level = "hard") -> None:
        if level not in get_args(Level):
            raise UserError(f"data.layout.level={level}: {self.title} has {', '.join(get_args(Level))}")
        self.level = level

    def published(self, root: Path) -> Splits:
        path = root / f"test-{self.level}.txt"
        lines = listed(path, _LINE)
        if len(lines) != _TRIPLETS:
            raise UserError(f"{path}: has {len(lines)} triplets of {_TRIPLETS}; unpack the list again")
        triplets = [self._triplet(root, line) for line in lines]
        return Splits([], triplets, triplets)

    @staticmethod
    def _triplet(root: Path, line: str) -> Source:
        paths = [PurePosixPath(path) for path in line.split()]
        folder = paths[0].parent
        below = folder.parts[folder.parts.index("test") + 1 :] if "test" in folder.parts else folder.parts
        alone = "/".join(below)
        place = existing(root, f"test/{alone}", alone, str(folder))
        return NamedFrames(f"{alone}/{paths[1].stem}", place, [path.name for path in paths])
