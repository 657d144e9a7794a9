"""What a look through a data set finds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.media import damage, moving, write_folder, write_video
from vidgan.data.check import SplitSummary, examine, shown_sizes, summarized, usable
from vidgan.data.derived import Aligned
from vidgan.data.sources import FrameFolder, Size, VideoFile


def test_whole_absent_and_broken_clips(tmp_path: Path) -> None:
    whole = FrameFolder("whole", write_folder(tmp_path / "whole", moving(3)))
    short = FrameFolder("short", write_folder(tmp_path / "short", moving(3)), frames=4)
    findings = [examine(whole), examine(short), examine(FrameFolder("gone", tmp_path / "gone"))]
    assert [finding.size for finding in findings] == [Size(3, 48, 64), None, None]
    assert [finding.absent for finding in findings] == [False, False, True]
    assert findings[1].fault == f"{tmp_path / 'short'}: holds 3 frames of 4; unpack it again"
    assert findings[2].fault == f"{tmp_path / 'gone'}: is missing"
    assert summarized(findings) == SplitSummary(clips=3, whole=1, absent=1, frames=3, sizes=[(48, 64)])


def test_damage_inside_is_found_unless_quick(tmp_path: Path) -> None:
    torn = VideoFile("torn", damage(write_video(tmp_path / "torn.mp4", moving(48), g="8")))
    folder = write_folder(tmp_path / "cut", moving(3))
    (folder / "frame_2.png").write_bytes((folder / "frame_2.png").read_bytes()[:300])
    cut = FrameFolder("cut", folder)
    assert [examine(source, quick=True).fault for source in (torn, cut)] == [None, None]
    assert "torn.mp4" in str(examine(torn).fault)
    assert "frame_2.png: cannot be read as an image" in str(examine(cut).fault)


def test_missing_low_resolution_is_a_fault_of_a_clip_that_is_there(tmp_path: Path) -> None:
    truth = FrameFolder("a", write_folder(tmp_path / "a", moving(3)))
    finding = examine(Aligned(truth, {"low": FrameFolder("a", tmp_path / "low")}))
    assert (finding.absent, finding.fault) == (False, f"{tmp_path / 'low'}: is missing")


def test_pairs_are_checked_where_python_leaves_out_assertions(tmp_path: Path) -> None:
    for name, frames in (("high", 3), ("low", 2)):
        write_folder(tmp_path / name, moving(frames))
    code = (
        "import sys; from pathlib import Path; from vidgan.data.check import examine; "
        "from vidgan.data.derived import Aligned; from vidgan.data.sources import FrameFolder; "
        "high, low = (FrameFolder(name, Path(name)) for name in ('high', 'low')); "
        "print(examine(Aligned(high, {'low': low}), quick=True).fault)"
    )
    answer = subprocess.run(
        [sys.executable, "-O", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("low: 2 frames of 64 x 48 pixels are not aligned with high, 3 frames of 64 x 48")


COMPLETE, PART, NONE, EMPTY = (SplitSummary(*counts, 0, []) for counts in ((2, 2, 0), (2, 1, 1), (2, 0, 2), (0, 0, 0)))


@pytest.mark.parametrize(
    ("summaries", "verdict"),
    [
        ([COMPLETE, COMPLETE, COMPLETE], True),
        ([NONE, NONE, COMPLETE], True),
        ([EMPTY, COMPLETE, COMPLETE], True),
        ([PART, COMPLETE, COMPLETE], False),
        ([NONE, NONE, NONE], False),
    ],
)
def test_a_data_set_is_usable_if_some_split_is_complete_and_none_in_part(
    summaries: list[SplitSummary], verdict: bool
) -> None:
    assert usable(summaries) is verdict
    assert [one.verdict for one in (COMPLETE, PART, NONE, EMPTY)] == [
        "complete",
        "incomplete",
        "not there",
        "none published",
    ]


def test_sizes_in_a_few_words() -> None:
    assert shown_sizes([]) == ""
    assert shown_sizes([(720, 1280)]) == "1280x720"
    assert shown_sizes([(480, 854), (720, 1280), (1080, 1920)]) == "854x480 and 2 more"
