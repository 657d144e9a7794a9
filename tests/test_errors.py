"""How a command ends that cannot go on, on any terminal."""

import os
import subprocess
import sys
from collections.abc import Iterator
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


def run(line: str, out: int, unbuffered: bool = False) -> tuple[int, str]:
    """Exit status and stderr of a process that does a line of Python under :func:`mistakes_told`."""
    code = f"import os, sys\nfrom vidgan.errors import UserError, mistakes_told\nwith mistakes_told():\n    {line}"
    env = {**os.environ, "PYTHONUNBUFFERED": "1" if unbuffered else ""}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, env=env, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads from."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("line", ["print('a')", "[print('a') for _ in range(99999)]", "print('a'), sys.exit(0)"])
def test_whoever_leaves_before_the_end_of_the_output_is_told_nothing(line: str, unbuffered: bool, unread: int) -> None:
    assert run(line, unread, unbuffered) == (128 + 13, "")


def test_another_broken_pipe_is_told() -> None:
    told = "error: Broken pipe; mend it, then run the same command again.\n"
    assert run("raise BrokenPipeError(32, 'Broken pipe')", subprocess.DEVNULL) == (1, told)


def test_a_mistake_is_told_also_where_nobody_reads_the_output(unread: int) -> None:
    assert run("print('a', end=''); raise UserError('b')", unread) == (1, "error: b\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", ["print('a')", "print('a'), sys.exit(0)"])
def test_a_full_disk_under_the_output_is_told(line: str) -> None:
    with Path("/dev/full").open("w") as full:
        code, told = run(line, full.fileno())
    assert (code, told) == (1, "error: No space left on device; mend it, then run the same command again.\n")


def test_closed_streams_lead_nowhere(tmp_path: Path) -> None:
    """Hydra writes to ``sys.stdout``, which is none then; and the next file would be given what libraries print."""
    line = "sys.stdout.write('a'); sys.exit(10 + os.open('file', os.O_CREAT))"
    code = f"import os, sys\nfrom vidgan.errors import mistakes_told\nwith mistakes_told():\n    {line}"
    closed = ["bash", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code]
    assert subprocess.run(closed, cwd=tmp_path, check=False).returncode > 10 + 2
