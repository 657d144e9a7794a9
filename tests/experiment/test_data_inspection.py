"""``vidgan-data`` as a user runs it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.data.test_layouts import VID4, vimeo, write
from tests.media import moving, write_video
from vidgan.data.index import NAME
from vidgan.errors import UserError
from vidgan.experiment.data_inspection import check, index, known
from vidgan.record.file_fingerprint import NAME as CONTENTS

Composed = Callable[..., DictConfig]


def run(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "vidgan.commands.data", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, env=None)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def vid4(tmp_path: Path) -> Path:
    for name, count in VID4.items():
        write(tmp_path / "GT" / name, count)
    return tmp_path


def test_a_complete_set_is_told_and_a_broken_frame_is_found(vid4: Path) -> None:
    code, out, error = run("check", "data=vid4", f"data.root={vid4}")
    assert code == 0, error
    assert "Vid4, from github.com/open-mmlab/mmagic" in out
    assert "terms: no licence is stated" in out
    assert "171" in out  # 41 + 34 + 49 + 47 frames
    assert "complete" in out
    assert "4/4" in error
    torn = vid4 / "GT/city/00000007.png"
    torn.write_bytes(torn.read_bytes()[:100])
    (vid4 / "GT/walk/00000003.png").unlink()
    code, out, error = run("check", "data=vid4", f"data.root={vid4}")
    assert code == 1
    assert f"{torn}: cannot be read as an image" in out
    assert f"{vid4}/GT/walk: holds 46 frames of 47" in out
    assert "incomplete" in out
    assert "Traceback" not in error


def test_a_narrow_terminal_cuts_nothing(vid4: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    code, out, error = run("check", "data=vid4", f"data.root={vid4}", "quick=true")
    assert code == 0, error
    assert "…" not in out
    for heading in ("train", "val", "test", "clips", "readable", "missing", "broken", "frames", "pixels"):
        assert f" {heading} " in out
    assert max(map(len, out.splitlines()[1:])) <= 60


def test_mistakes_are_one_sentence(composed: Composed, tmp_path: Path) -> None:
    code, _, error = run("clean")
    assert (code, error) == (1, "error: clean is nothing that vidgan-data does; it does check and index\n")
    code, _, error = run("index", "data=udm10", f"data.root={tmp_path}")
    assert code == 1
    assert error.startswith(
        f"error: data.root: {tmp_path}: is not laid out as UDM10 is; GT/archpeople to GT/polyflow are expected"
    )
    assert error.count("\n") == 1
    with pytest.raises(UserError, match=f"data=<one of {', '.join(known())}>"):
        check(composed(command="data_sets"))


def test_quick_and_absent_splits(composed: Composed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vimeo(tmp_path, [f"00001/000{number}" for number in range(1, 5)], ["00002/0001"])
    chosen = ("data=vimeo90k", f"data.root={tmp_path}", "quick=true")
    assert check(composed(*chosen, command="data_sets"))
    (tmp_path / "sequences/00002").rename(tmp_path / "sequences/00003")
    assert check(composed(*chosen, command="data_sets"))  # test clips may be left out
    out = capsys.readouterr().out
    assert "not there" in out
    assert "is missing" not in out  # the table says it
    (tmp_path / "sequences/00001/0001").rename(tmp_path / "sequences/00001/0009")
    assert not check(composed(*chosen, command="data_sets"))
    assert "0001: is missing" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["folder", "clips"])
def test_folders_are_indexed(composed: Composed, tmp_path: Path, name: str) -> None:
    root = tmp_path / "clips"
    for number in range(3):
        write_video(root / f"{number}.mp4", moving(4, seed=number))
    (root / "2.mp4").write_text("no video")
    config = composed(f"data={name}", f"data.root={root}", command="data_sets")
    assert index(config) == root / NAME
    assert sorted(json.loads((root / NAME).read_text())["files"]) == ["0.mp4", "1.mp4"]
    assert sorted(path.name for path in root.iterdir()) == [CONTENTS, NAME, "0.mp4", "1.mp4", "2.mp4"]
    assert not check(config)


def test_what_cannot_be_indexed_is_told(composed: Composed, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    (tmp_path / "b.mp4").write_text("no video")
    with pytest.raises(UserError, match=r"none of 2 clips can be read; the first: .*mp4: cannot be read as video"):
        index(composed("data=folder", f"data.root={tmp_path}", command="data_sets"))
    with pytest.raises(UserError, match=r"a\.mp4: is no folder; one clip alone needs no index"):
        index(composed("data=folder", f"data.root={tmp_path}/a.mp4", command="data_sets"))
    assert not (tmp_path / NAME).exists()
