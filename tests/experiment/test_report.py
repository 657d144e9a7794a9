"""The table that a user sees, in a terminal of 80 columns."""

import math
import re
from pathlib import Path

import pytest

from vidgan.experiment.report import show_scores, show_start
from vidgan.record.folder import RunFolder


@pytest.mark.parametrize("width", ["40", "80", "200"])
@pytest.mark.parametrize("count", [2, 11])
def test_no_number_is_cut_off_however_many_metrics_there_are(
    count: int, width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    scores = {f"some_metric_{number}": 10.25 + number for number in range(count)}
    better = {name: {metric: value + 1 for metric, value in scores.items()} for name in ("bicubic", "lanczos")}
    directions = dict.fromkeys(scores, True)
    show_scores(
        "quickstart-1a2b3c4d", scores, better, {"protocol": "p", "higher_is_better": directions, "left_out": []}
    )
    out = capsys.readouterr().out
    assert "…" not in out
    assert all(name in out for name in ("quickstart-1a2b3c4d", "lanczos", *scores))
    assert all(f"{value:.4g}" in out for value in scores.values())


def test_the_nearest_to_an_ideal_is_bold(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    protocol = {"protocol": "p", "higher_is_better": {"ratio": True}, "ideal": {"ratio": 1.0}, "left_out": []}
    show_scores("run", {"ratio": 2.2}, {"bicubic": {"ratio": 0.9}, "lanczos": {"ratio": math.nan}}, protocol)
    out = capsys.readouterr().out
    assert "ratio → 1" in out
    assert re.search(r"\x1b\[1m +0\.9\x1b\[0m", out)


def test_why_a_folder_is_worked_in_is_one_line_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    reason = f"Changed since it finished: data.root ([a].mp4, {'long/' * 40}). A new revision."
    show_start(RunFolder(Path("run-1")), reason)
    assert capsys.readouterr().out == f"run-1  {reason}\n"
