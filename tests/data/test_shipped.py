"""The clips that ship with the repository: few bytes, cheap to seek, named in NOTICE, sizes that divide by 8."""

from pathlib import Path

import av
import pytest

from vidgan.data.splits import split
from vidgan.video.reader import probe

REPOSITORY = Path(__file__).parents[2]
CLIPS = REPOSITORY / "assets" / "clips"
PATHS = sorted(CLIPS.rglob("*.mp4"))


def test_splits_and_weight() -> None:
    splits = split(CLIPS)
    assert [len(splits.train), len(splits.val), len(splits.test)] == [4, 2, 3]
    assert sum(path.stat().st_size for path in PATHS) < 6e6


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_clip(path: Path) -> None:
    assert path.relative_to(CLIPS).with_suffix("").as_posix() in (REPOSITORY / "NOTICE").read_text()
    info = probe(path)
    assert (info.width % 8, info.height % 8, info.has_audio) == (0, 0, False)
    with av.open(str(path)) as container:
        keys = [number for number, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]
    assert max(after - before for before, after in zip(keys, [*keys[1:], info.frames], strict=True)) <= 12
