"""New, resumed, recorded or revised: which folder a command works in."""

import subprocess
import sys
from pathlib import Path

import pytest

from vidgan.errors import UserError
from vidgan.experiment.folder import RunFolder, choose_folder, find_run, write_json
from vidgan.experiment.tables import Table


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
        ([("finished", "now"), ("finished", "before")], False, "run-r3"),
    ],
)
def test_choice_of_folder(tmp_path: Path, existing: list[tuple[str, str]], fresh: bool, expected: str) -> None:
    for number, (state, fingerprint) in enumerate(existing, start=1):
        made(tmp_path / "task" / ("run" if number == 1 else f"run-r{number}"), state, fingerprint)

    def changes(folder: RunFolder) -> str:
        return "the code (a.b)" if folder.read("provenance.json")["fingerprint"] == "before" else ""

    folder, reason = choose_folder(tmp_path, "task", "run", changes, fresh)
    assert folder.id == expected
    changed = existing[-1][1] == "before" and not fresh if existing else False
    assert ("the code (a.b)" in reason) == changed
    assert ("WARNING" in reason) == (changed and existing[-1][0] != "finished")


def test_one_process_works_on_a_run(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from vidgan.experiment.folder import RunFolder
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
    made(tmp_path / "sr" / "quick-1299", "finished")
    assert find_run(tmp_path, "quick-1234").id == "quick-1234"
    assert find_run(tmp_path, "quick-123").id == "quick-1234"
    assert find_run(tmp_path, str(tmp_path / "sr" / "quick-1299")).id == "quick-1299"
    with pytest.raises(UserError, match="matches quick-1234, quick-1299"):
        find_run(tmp_path, "quick")
    with pytest.raises(UserError, match="run=slow is not in"):
        find_run(tmp_path, "slow")
    with pytest.raises(UserError, match="has no 'best' weights; it has none yet"):
        find_run(tmp_path, "quick-1234").weights("best")


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
