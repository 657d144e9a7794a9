"""New, resumed, recorded or revised: which folder a command works in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vidgan.errors import UserError
from vidgan.record.folder import RunFolder, choose_folder, find_run, find_trained, revisions, write_json
from vidgan.record.tables import Table


def made(path: Path, state: str, fingerprint: str = "now") -> None:
    path.mkdir(parents=True)
    (path / "config.yaml").touch()
    write_json(path / "summary.json", {"state": state})
    write_json(path / "provenance.json", {"fingerprint": fingerprint})


@pytest.mark.parametrize(
    ("existing", "fresh", "expected"),
    [
        ([], False, "run"),
        ([("finished", "now")], False, "run"),
        ([("finished", "now")], True, "run-r2"),
        ([("finished", "before")], False, "run-r2"),
        ([("running", "now")], False, "run"),
        ([("running", "before")], False, "run"),
        ([("failed", "before")], False, "run"),
        ([("finished", "before"), ("running", "now")], False, "run-r2"),
        ([("finished", "before"), ("finished", "now")], False, "run-r2"),
        ([("finished", "now"), ("finished", "before")], False, "run"),
        ([("finished", "now"), ("running", "before")], False, "run"),
        ([("finished", "now"), ("finished", "now"), ("failed", "before")], False, "run-r2"),
        ([("failed", "now"), ("finished", "before")], False, "run-r3"),
        ([("finished", "now"), ("running", "now")], False, "run-r2"),
        ([("finished", "now"), ("finished", "before")], True, "run-r3"),
    ],
)
def test_choice_of_folder(tmp_path: Path, existing: list[tuple[str, str]], fresh: bool, expected: str) -> None:
    for number, (state, fingerprint) in enumerate(existing, start=1):
        made(tmp_path / "task" / ("run" if number == 1 else f"run-r{number}"), state, fingerprint)

    def changes(folder: RunFolder) -> str:
        return "the code (a.b)" if folder.read("provenance.json")["fingerprint"] == "before" else ""

    folder, reason = choose_folder(tmp_path, "task", "run", changes, fresh)
    assert folder.id == expected
    older = bool(existing) and int(folder.id.partition("-r")[2] or 1) < len(existing)
    assert (f"as {folder.id}, with the code and data of now" in reason) == older
    changed = bool(existing) and existing[-1][1] == "before" and not fresh and not older
    assert ("the code (a.b)" in reason) == changed
    assert ("WARNING" in reason) == (changed and existing[-1][0] != "finished")


def test_one_process_works_on_a_run(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from vidgan.record.folder import RunFolder
with RunFolder(Path({str(tmp_path)!r})).locked():
    pass
"""
    with RunFolder(tmp_path).locked():
        held = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    free = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert held.returncode == 1
    assert "is being worked on by process" in held.stderr
    assert free.returncode == 0


def test_finding_a_run(tmp_path: Path) -> None:
    made(tmp_path / "sr" / "quick-1234", "finished")
    made(tmp_path / "sr" / "quick-1299", "failed")
    assert find_run(tmp_path, "quick-1234").id == "quick-1234"
    assert find_run(tmp_path, "quick-129").id == "quick-1299"
    assert find_run(tmp_path, str(tmp_path / "sr" / "quick-1299")).id == "quick-1299"
    with pytest.raises(UserError, match=r"matches quick-1234 \(finished\), quick-1299 \(failed\)"):
        find_run(tmp_path, "quick")
    with pytest.raises(UserError, match="run=slow is not in"):
        find_run(tmp_path, "slow")
    with pytest.raises(UserError, match="run is empty"):
        find_run(tmp_path, "")
    with pytest.raises(UserError, match="has no 'best' weights; it has none yet"):
        find_run(tmp_path, "quick-1234").weights("best")


def dated(path: Path, state: str, day: str) -> None:
    made(path, state)
    started = f"2026-01-{day}T12:00:00+0000"
    write_json(path / "provenance.json", {"fingerprint": "now", "segments": [{"started": started}]})


def test_a_name_means_the_newest_finished_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sr, denoising = tmp_path / "sr", tmp_path / "denoising"
    dated(sr / "quick-11111111", "finished", "05")
    dated(sr / "quick-11111111-r2", "finished", "03")
    dated(sr / "quick-22222222", "failed", "07")
    dated(sr / "quick-33333333", "running", "08")
    dated(sr / "quicker-44444444", "finished", "09")
    (sr / "quick-55555555").mkdir()
    (sr / "quick-55555555/config.yaml").touch()
    (sr / "quick-55555555/summary.json").write_text("{")  # somebody's broken file is nobody else's trouble
    assert find_trained(tmp_path, "quick").id == "quick-11111111"
    assert "run=quick: 2 finished runs have this name; this is the newest, quick-11111111." in capsys.readouterr().out
    assert find_trained(tmp_path, "quick-22222222").id == "quick-22222222"  # a whole id is what it says
    assert capsys.readouterr().out == ""
    dated(denoising / "quick-66666666", "finished", "06")
    with pytest.raises(UserError, match=r"of several tasks; give run=denoising/quick or run=sr/quick\.$"):
        find_trained(tmp_path, "quick")
    assert find_trained(tmp_path, "denoising/quick").id == "quick-66666666"
    assert find_trained(tmp_path, "sr/quick").id == "quick-11111111"
    assert find_trained(tmp_path, "quick", preferred=lambda run: run.path.parent == sr).id == "quick-11111111"
    assert find_trained(tmp_path, "quick", lambda run: run.path.parent == sr).id == "quick-11111111"
    with pytest.raises(UserError, match=r"run=qui matches .*quicker-44444444.*; give a whole name or id"):
        find_trained(tmp_path, "qui")
    with pytest.raises(UserError, match=r"no finished run .* quick-33333333 \(not finished\)"):
        find_trained(tmp_path, "quick-3")
    with pytest.raises(UserError, match=r"quicker-44444444 \(for another command\)"):
        find_trained(tmp_path, "quicker", lambda run: False)


def test_a_beginning_of_a_hash_is_one_run_or_none(tmp_path: Path) -> None:
    dated(tmp_path / "sr" / "quick-12345678", "finished", "05")
    dated(tmp_path / "sr" / "quick-12399999", "finished", "06")
    assert find_trained(tmp_path, "quick-1234").id == "quick-12345678"
    with pytest.raises(UserError, match="matches quick-12345678, quick-12399999"):
        find_trained(tmp_path, "quick-123")


def test_removed_revisions_are_not_counted_and_not_made_again(tmp_path: Path) -> None:
    for name, fingerprint in (("run-r2", "before"), ("run-r3", "now"), ("run-r10", "before"), ("run-rest", "now")):
        made(tmp_path / "task" / name, "finished", fingerprint)
    assert [folder.id for folder in revisions(tmp_path, "task", "run")] == ["run-r2", "run-r3", "run-r10"]
    assert choose_folder(tmp_path, "task", "run", lambda folder: "the code", fresh=False)[0].id == "run-r11"


def test_a_table_grows_columns_and_forgets(tmp_path: Path) -> None:
    table = Table(tmp_path / "metrics.csv")
    table.append([{"iteration": 1, "loss": 0.5}])
    table.append([{"iteration": 2, "loss": 0.25, "psnr": 30.0}])
    Table(table.path).append([{"iteration": 3, "psnr": 31.0}])
    assert table.path.read_text() == "iteration,loss,psnr\n1,0.5,\n2,0.25,30.0\n3,,31.0\n"
    table.forget_after(2)
    assert [row["iteration"] for row in table.rows()] == ["1", "2"]


def test_a_row_torn_by_a_kill_is_dropped(tmp_path: Path) -> None:
    table = Table(tmp_path / "metrics.csv")
    table.append([{"iteration": 1, "loss": 0.5}])
    with table.path.open("a") as file:
        file.write("2")
    Table(table.path).forget_after(5)
    assert table.path.read_text() == "iteration,loss\n1,0.5\n"


def test_files_are_the_same_whatever_the_locale(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from vidgan.record.folder import write_atomically; "
        "from vidgan.record.tables import Table; write_atomically(Path('a.md'), 'psnr \\u2191'); "
        "Table(Path('b.csv')).append([{'clip': 'gr\\u00f6\\u00dfe'}]); "
        "assert Table(Path('b.csv')).rows() == [{'clip': 'gr\\u00f6\\u00dfe'}]"
    )
    without = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, **without}, check=True)
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "psnr ↑"
    assert Table(tmp_path / "b.csv").rows() == [{"clip": "größe"}]
