"""X4K1000FPS (Sim et al. 2021, "XVFI: Extreme video frame interpolation")."""

from pathlib import Path

from vidgan.data.layout import Layout, all_clips, clip
from vidgan.data.sources import Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError

_TEST, _TRAIN_FRAMES, _TEST_FRAMES = 15, 65, 33


class X4K1000FPS(Layout):
    """X-TRAIN, 4,408 clips of 65 frames of 768 pixels a side, and X-TEST, 15 clips of 33 frames in 4K.

    Training clips may be fewer, or none. They are folders of frames; those that are published as videos have to be
    unpacked. Without the folder ``val`` the test clips validate.
    """

    title = "X4K1000FPS"
    homepage = "github.com/JihyongOh/XVFI"
    terms = "those of its download page; its README states none"
    tree = "test/Type1/TEST01/0000.png to 0032.png and its like in Type2 and Type3, and train/<scene>/<clip>/*.png,"

    def published(self, root: Path) -> Splits:
        test = _of_frames(all_clips(root / "test"), _TEST_FRAMES)
        if test and len(test) != _TEST:
            raise UserError(f"{root / 'test'}: holds {len(test)} clips of {_TEST}; unpack it again")
        train = _of_frames(all_clips(root / "train"), _TRAIN_FRAMES)
        return Splits(train, _of_frames(all_clips(root / "val"), _TEST_FRAMES) or test, test)


def _of_frames(sources: list[Source], frames: int) -> list[Source]:
    return [clip(source.name, source.path, frames) for source in sources if source.path.is_dir()]
