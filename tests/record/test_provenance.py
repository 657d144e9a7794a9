"""What a run remembers of where it comes from."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from vidgan.config.invocation import Invocation, invocation, note
from vidgan.errors import UserError
from vidgan.experiment.resumption import kept_precision
from vidgan.launch.job import TrainingJob
from vidgan.record import provenance
from vidgan.record.folder import RunFolder, write_json
from vidgan.tracking.layout import run_arguments

Composed = Callable[..., DictConfig]


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.config.invocation._noted", [])


def test_a_jobs_worker_records_what_the_user_typed(composed: Composed, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["bin/vidgan-train", "-m", "seed=0,1"]
    monkeypatch.setattr(sys, "argv", typed)
    folder = TrainingJob.plan(composed("seed=1"), ["seed=1"]).write()
    monkeypatch.setattr(sys, "argv", ["worker.py", str(folder)])
    job = TrainingJob.read(folder)
    note(job.command, job.overrides)
    provenance.record(job.config, job.folder, 0, "32-true")
    (segment,) = job.folder.read("provenance.json")["segments"]
    told = run_arguments(job.config, job.folder)["config"]["provenance"]
    for place in (segment, told):
        assert (place["command"], place["overrides"]) == (typed, ["seed=1"])


def test_without_a_command_of_ours_it_is_the_process_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["notebook.py", "-f"])
    assert invocation() == Invocation(("notebook.py", "-f"))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes vidgan look installed inside of another project's repository; the folder of its metadata."""
    place = tmp_path / "project/.venv/site-packages"
    metadata = place / "vidgan-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vidgan\nVersion: 0\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path / "project")]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "another project"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.syspath_prepend(place)
    monkeypatch.setattr(provenance, "ROOT", place / "vidgan")
    return metadata


def test_a_wheel_does_not_take_the_commit_of_what_is_around_it(composed: Composed, installed: Path) -> None:
    told = provenance.origin(composed())
    assert (told["commit"], told["uncommitted_changes"]) == (None, None)
    assert len(told["fingerprint"]) == 16


def test_a_wheel_knows_the_commit_that_it_was_built_from(composed: Composed, installed: Path) -> None:
    noted = {"commit": "5" * 40, "uncommitted_changes": "6" * 16}
    (installed.parent / "vidgan").mkdir()
    write_json(installed.parent / "vidgan/commit.json", noted)
    told = provenance.origin(composed())
    assert {key: told[key] for key in noted} == noted


def test_what_pip_installs_from_a_repository_knows_its_commit(composed: Composed, installed: Path) -> None:
    said = {"url": "https://example.org/vidgan.git", "vcs_info": {"vcs": "git", "commit_id": "4" * 40}}
    (installed / "direct_url.json").write_text(json.dumps(said))
    assert provenance.origin(composed())["commit"] == "4" * 40


def test_source_code_that_was_never_installed_has_no_commit(
    composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    known = importlib.metadata.distribution

    def without_vidgan(name: str) -> importlib.metadata.Distribution:
        if name == "vidgan":
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(importlib.metadata, "distribution", without_vidgan)
    assert provenance.origin(composed())["commit"] is None


@pytest.fixture
def begun(tmp_path: Path) -> RunFolder:
    """A run with a checkpoint."""
    folder = RunFolder(tmp_path)
    folder.checkpoints.mkdir()
    (folder.checkpoints / "last.ckpt").touch()
    return folder


@pytest.mark.parametrize("recorded", ["32-true", "bf16-mixed"])
def test_what_auto_chose_is_kept(composed: Composed, begun: RunFolder, recorded: str) -> None:
    machine = composed("machine=cpu", "machine.precision=auto").machine
    assert kept_precision(machine, begun) == "auto", "nothing is recorded yet"
    write_json(begun.path / "provenance.json", {"segments": [{"precision": recorded}]})
    assert kept_precision(machine, begun) == recorded
    (begun.checkpoints / "last.ckpt").unlink()
    assert kept_precision(machine, begun) == "auto", "it starts from nothing"


def test_a_precision_that_a_device_lacks_stops_the_run(composed: Composed, begun: RunFolder) -> None:
    write_json(begun.path / "provenance.json", {"segments": [{"precision": "16-mixed"}]})
    machine = composed("machine=cpu", "machine.precision=auto").machine
    with pytest.raises(UserError, match=r"was begun in 16-mixed, in which this machine's cpu cannot compute"):
        kept_precision(machine, begun)
