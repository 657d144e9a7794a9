"""How a command ends that cannot go on, on any terminal."""

import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from vidgan.errors import UserError, mistakes_told, printable


def told(error: Exception, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end, mistakes_told():
        raise error
    assert end.value.code == 1
    return capsys.readouterr().err


def test_what_the_system_refuses_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileNotFoundError) as refused:
        (tmp_path / "nowhere").read_text()
    assert told(refused.value, capsys) == (
        f"error: {tmp_path}/nowhere: No such file or directory; mend it, then run the same command again.\n"
    )


def test_a_name_commands_no_terminal_and_makes_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[2Jb\nerror: c\r\x9b1m\udcff"
    assert told(UserError(f"{name}: é is wrong."), capsys) == (
        "error: a\\x1b[2Jb error: c\\r\\x9b1m\\udcff: é is wrong.\n"
    )


def test_ordinary_names_stay_as_they_are() -> None:
    assert printable("Bunny (1080p) [HR] — größe 東京.mp4") == "Bunny (1080p) [HR] — größe 東京.mp4"


def test_a_terminal_without_a_sign_shows_another(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = TextIOWrapper(BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    with mistakes_told():
        print("psnr ↑")
    terminal.flush()
    assert terminal.buffer.getvalue() == b"psnr ?\n"
