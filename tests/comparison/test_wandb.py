"""The same run from its folder, from its offline W&B log and from a server; reports on a server."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import wandb
from omegaconf import DictConfig

from tests.comparison.conftest import clips, write_run
from tests.comparison.fake_reports import FakeReports
from tests.comparison.test_analysis import WEIGHT
from vidgan.comparison.analysis import Comparison, compare
from vidgan.comparison.folders import read_folder
from vidgan.comparison.records import RunRecord
from vidgan.comparison.selection import select
from vidgan.comparison.wandb_logs import read_logs
from vidgan.comparison.wandb_report import build_report, build_workspace, publish
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder
from vidgan.tracking.layout import run_arguments
from vidgan.tracking.wandb_log import log_files
from vidgan.tracking.wandb_tracker import WandbTracker


@pytest.fixture
def tracked(composed: Callable[..., DictConfig], tmp_path: Path) -> RunFolder:
    """A run folder with the offline log that training would have left beside it, in two fragments."""
    config = composed("tracking.group=study")
    folder = write_run(tmp_path / "runs", config, clips(30, 31, 32, 33, 34, 35), seconds=0.0)
    record = read_folder(folder)
    for iterations in ((10,), (10, 20)):
        tracker = WandbTracker(run_arguments(config, folder), config.tracking)
        tracker.start()
        for name, curve in record.curves.items():
            for iteration, value in curve:
                if iteration in iterations:
                    tracker.log_metrics({name: value}, iteration)
        tracker.log_media({"samples/picture": record.samples[iterations[-1]]}, iterations[-1])
        if iterations[-1] == 20:
            assert record.video is not None
            tracker.log_media({"comparison/video": record.video}, 20)
            tracker.keep_results(folder.path)
        tracker.finish(0 if iterations[-1] == 20 else 143)
    wandb.teardown()
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeReports]:
    with FakeReports() as fake:
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
        wandb.teardown()
        yield fake
        wandb.teardown()


def told(record: RunRecord) -> RunRecord:
    """Without what each source must tell in its own way: times, files and project."""
    summary = {key: value for key, value in record.summary.items() if key != "seconds"}
    config = json.loads(json.dumps(record.config))
    return replace(record, config=config, summary=summary, samples={}, video=None, provenance={}, project=None)


def test_the_log_tells_what_the_folder_tells(tracked: RunFolder) -> None:
    folder = read_folder(tracked)
    (log,) = select([str(tracked.path / "wandb")], Path("nowhere"))
    assert told(log) == told(folder)
    assert {at: path.read_bytes() for at, path in log.samples.items()} == {
        at: path.read_bytes() for at, path in folder.samples.items()
    }
    assert log.video is not None
    assert folder.video is not None
    assert log.video.read_bytes() == folder.video.read_bytes()
    assert folder.project == log.project == "vidgan"


def test_a_log_that_ends_early_is_a_run_that_goes_on(tracked: RunFolder, tmp_path: Path) -> None:
    last = log_files(tracked.path / "wandb")[-1]
    torn = tmp_path / "torn" / "run-x.wandb"
    torn.parent.mkdir()
    torn.write_bytes(last.read_bytes()[:-30])
    (record,) = select([str(torn)], Path("nowhere"))
    assert (record.id, record.state) == (tracked.id, "running")


def test_what_is_no_log_or_damaged_is_refused(tracked: RunFolder, tmp_path: Path) -> None:
    other = tmp_path / "other.wandb"
    other.write_text("text")
    with pytest.raises(UserError, match="is no W&B log"):
        read_logs([other])
    content = bytearray(log_files(tracked.path / "wandb")[-1].read_bytes())
    content[100] ^= 255
    other.write_bytes(content)
    with pytest.raises(UserError, match="is damaged at byte"):
        read_logs([other])


def test_the_server_tells_what_the_folder_tells(tracked: RunFolder, server: FakeReports) -> None:
    for log in log_files(tracked.path / "wandb"):
        line = [str(Path(sys.executable).parent / "wandb"), "sync", "--entity", "lab", str(log.parent)]
        subprocess.run(line, check=True, capture_output=True, timeout=600)
    (record,) = select(["wandb:lab/vidgan/study"], Path("nowhere"))
    assert told(record) == told(read_folder(tracked))
    assert record.project == "lab/vidgan"
    with pytest.raises(UserError, match="wandb:lab/vidgan/other has no training runs"):
        select(["wandb:lab/vidgan/other"], Path("nowhere"))
    with pytest.raises(UserError, match="give wandb:entity/project"):
        select(["wandb:vidgan"], Path("nowhere"))


@pytest.fixture
def comparison(composed: Callable[..., DictConfig], tmp_path: Path) -> Comparison:
    configs = [composed(f"{WEIGHT}={weight}") for weight in (0.1, 0.2)]
    folders = [write_run(tmp_path / "runs", config, clips(30, 31, 32, 33, 34, 35)) for config in configs]
    return compare([read_folder(folder) for folder in folders], "study")


def test_a_report_and_a_workspace_are_saved(comparison: Comparison, server: FakeReports) -> None:
    addresses = publish(comparison)
    assert addresses["report"].startswith(f"{server.url}/lab/vidgan/reports/study--")
    assert addresses["workspace"].startswith(f"{server.url}/lab/vidgan?nw=")
    report, workspace = (json.loads(view["spec"]) for view in server.views)
    text = json.dumps(report)
    for variant in comparison.variants:
        assert variant.runs[0].id in text
        assert variant.runs[0].id in json.dumps(workspace)
    headings = [block["children"][0]["text"] for block in report["blocks"] if block["type"] == "heading"]
    assert headings[:3] == ["Summary", "Cost", "Differences to adversarial.weight=0.1"]
    sections = workspace["section"]["panelBankConfig"]["sections"]
    assert [section["name"] for section in sections] == ["Test scores", "Training", "Samples", "Configuration"]


def test_panels_are_by_axis(comparison: Comparison, server: FakeReports) -> None:
    report, workspace = (build(comparison, "lab", "vidgan") for build in (build_report, build_workspace))
    training = workspace.sections[1].panels
    assert [panel.title for panel in training] == ["val/psnr", "loss/pixel"]
    assert {panel.groupby.name for panel in training} == {WEIGHT}
    assert [column.name for column in workspace.runset_settings.groupby] == [WEIGHT]
    assert report.project == workspace.project == "vidgan"


def test_without_a_key_it_says_so(
    comparison: Comparison, server: FakeReports, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(UserError, match="there is no W&B key on this machine; run `wandb login`"):
        publish(comparison)


def test_without_the_extra_it_says_so(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    with pytest.raises(UserError, match=r"install it with: pip install 'vidgan\[report\]'"):
        publish(comparison)


def test_a_server_that_refuses_is_told(comparison: Comparison, server: FakeReports) -> None:
    server.fail("upsertView", status=400)
    with pytest.raises(UserError, match="W&B did not take the report"):
        publish(comparison)


def test_runs_of_two_projects_have_no_report(comparison: Comparison, server: FakeReports) -> None:
    first, second = comparison.variants
    moved = replace(second, runs=(replace(second.runs[0], project="elsewhere"),))
    with pytest.raises(UserError, match="a report has one project, and the runs are in elsewhere, vidgan"):
        publish(replace(comparison, variants=(first, moved)))
