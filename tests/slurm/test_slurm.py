"""Runs on a real cluster of two nodes: whatever ends an attempt, the run ends where the uninterrupted one ends."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.media import write_splits
from tests.slurm.cluster import Cluster, alive, until
from tests.test_commands import (
    TRAINING,
    assert_same_result,
    assert_same_state,
    ended,
    launch,
    logged,
    only_run,
    summary,
)
from vidgan.errors import UserError
from vidgan.launch.cluster import check
from vidgan.launch.sbatch import script

ITERATIONS = 2000  # so many that no run ends before what a test does to it
LONG = [f"engine.iterations={ITERATIONS}", "validation.every=1000", "machine.checkpoint.every=20", "machine.threads=1"]
SLURM = ["machine=slurm", "machine.accelerator=cpu", "machine.slurm.cpus_per_task=1", "machine.slurm.mem=2G"]

Submit = Callable[..., Path]


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_splits(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="session")
def uninterrupted(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run in one process, without SLURM."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    code, _, error = ended(launch(folder, "train", *TRAINING, *LONG, f"data.root={videos}"))
    assert code == 0, error
    return only_run(folder)


@pytest.fixture
def submit(cluster: Cluster, videos: Path, tmp_path: Path) -> Submit:
    """Submits the run; returns its folder."""

    def of(*overrides: str) -> Path:
        code, out, error = start(cluster, tmp_path, videos, *overrides)
        assert code == 0, error
        assert "Submitted as SLURM job" in out
        return only_run(tmp_path)

    return of


def start(cluster: Cluster, folder: Path, videos: Path, *overrides: str, sweep: str = "") -> tuple[int, str, str]:
    """``vidgan-train machine=slurm``, with loader workers: they get every signal, too."""
    own = [*LONG, *SLURM, "machine.workers=1", f"data.root={videos}"]
    training = [word for word in TRAINING if not word.startswith("machine=")]
    points = ["-m", sweep] if sweep else []
    return ended(launch(folder, "train", *points, *training, *own, *overrides, env=cluster.environment))


def job(run: Path) -> str:
    return json.loads((run / "slurm.json").read_text())["job"]


def runs(cluster: Cluster, run: Path, *arguments: str) -> str:
    """``vidgan-runs`` on the folder that a run is in."""
    return cluster.run(sys.executable, "-m", "vidgan.commands.runs", *arguments, f"--runs={run.parents[1]}")


def trained(run: Path, iteration: int = 40) -> None:
    until(lambda: (run / "summary.json").is_file() and summary(run)["iteration"] >= iteration, "training", 120)


def process(run: Path) -> int:
    """The process of rank 0."""
    return int((run / ".lock").read_text().split()[1])


def pending(number: int) -> set[int]:
    """The signals that wait for a stopped process."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return {bit + 1 for bit in range(64) if any(mask >> bit & 1 for mask in masks)}


def over(cluster: Cluster, run: Path) -> str:
    """Waits until a job has left the queue for good; returns SLURM's last word on it."""

    def word() -> str:
        return cluster.run("scontrol", "show", "job", "-o", job(run)).split("JobState=")[1].split()[0]

    until(lambda: word() not in {"PENDING", "RUNNING", "COMPLETING", "NODE_FAIL"}, "the end of the job", 300)
    return word()


def attempts(run: Path) -> list[int]:
    """The iterations at which the attempts of a run have begun."""
    return [segment["iteration"] for segment in json.loads((run / "provenance.json").read_text())["segments"]]


def assert_resumed(cluster: Cluster, run: Path, at_least: int) -> None:
    assert over(cluster, run) == "COMPLETED", (run / "log.txt").read_text()
    first, *_, last = attempts(run)
    assert first == 0
    assert at_least <= last < summary(run)["iteration"]


def test_a_mistaken_partition_is_told_before_anything_is_queued(cluster: Cluster, videos: Path, tmp_path: Path) -> None:
    before = cluster.run("sacct", "-n", "-X")
    code, _, error = start(cluster, tmp_path, videos, "machine.slurm.partition=none")
    assert code == 1
    assert error == (
        "error: machine.slurm.partition is 'none', which this cluster does not have for root; it has high, main.\n"
    )
    assert cluster.run("sacct", "-n", "-X") == before
    assert not list(tmp_path.glob("runs/*/*"))


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("account=none", r"machine\.slurm\.account is 'none', .* it has lab, root\."),
        ("qos=none", r"machine\.slurm\.qos is 'none', .* it has normal\."),
        ("constraint=none", "SLURM refuses: allocation failure: Invalid feature specification"),
        ("mem=900G", "SLURM refuses: allocation failure: Requested node configuration is not available"),
        ("gpu_type=a100", "SLURM refuses: Invalid generic resource"),
    ],
)
def test_the_cluster_is_asked_before_it_is_given_a_job(
    cluster: Cluster, composed: Callable[..., DictConfig], monkeypatch: pytest.MonkeyPatch, override: str, sentence: str
) -> None:
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    accelerator = "gpu" if "gpu" in override else "cpu"
    config = composed("machine=slurm", f"machine.accelerator={accelerator}", f"machine.slurm.{override}")
    with pytest.raises(UserError, match=sentence):
        check(script("x", [Path("/x")], config.machine), config.machine.slurm)


def test_a_run_is_queued_once(cluster: Cluster, submit: Submit, videos: Path, tmp_path: Path) -> None:
    run = submit("+machine.slurm.options.begin=now+1hour")
    code, out, _ = start(cluster, tmp_path, videos)
    assert code == 0
    assert f"Queued already, as SLURM job {job(run)}." in out
    cluster.run("scancel", job(run))


def test_a_sweep_is_one_array_that_signals_and_kills_only_pause(
    cluster: Cluster, videos: Path, tmp_path: Path, uninterrupted: Path
) -> None:
    code, out, error = start(cluster, tmp_path, videos, sweep="seed=0,1")
    assert code == 0, error
    assert "2 submitted" in out
    first, second = sorted(tmp_path.glob("runs/super_resolution/*"), key=job)
    assert (job(first), job(second)) == (f"{job(first)[:-2]}_0", f"{job(first)[:-2]}_1")
    trained(first)
    cluster.run("scancel", "--signal=USR1", job(first))
    trained(second)
    os.kill(process(second), signal.SIGKILL)
    assert_resumed(cluster, first, at_least=40)
    assert_same_result(first, uninterrupted)
    assert over(cluster, second) == "COMPLETED"
    assert attempts(second)[1] >= 40
    code, out, error = start(cluster, tmp_path, videos, sweep="seed=0,1")
    assert "2 existed already" in out


def test_a_failed_node_is_left_for_another(cluster: Cluster, submit: Submit, uninterrupted: Path) -> None:
    run = submit()
    trained(run)
    node = cluster.run("squeue", "-h", "-j", job(run), "-o", "%N")
    cluster.kill_node(node)
    try:
        assert_resumed(cluster, run, at_least=40)
        assert_same_result(run, uninterrupted)
        assert "NODE_FAIL" in cluster.run("sacct", "-n", "-P", "-X", "-D", "-j", job(run), "-o", "State")
    finally:
        cluster.start_node(node)
        until(cluster.idle, "the node's return")


def test_a_cancelled_job_stays_cancelled_until_it_is_requeued(
    cluster: Cluster, submit: Submit, uninterrupted: Path
) -> None:
    run = submit()
    trained(run)
    runs(cluster, run, "cancel", run.name)
    assert over(cluster, run) == "CANCELLED"
    time.sleep(3)  # a requeue would have come by now
    assert cluster.run("squeue", "-h") == ""
    assert "stopped" in runs(cluster, run, "list", run.name)
    assert "goes on with it" in runs(cluster, run, "requeue", run.name)
    assert_resumed(cluster, run, at_least=40)
    assert_same_result(run, uninterrupted)
    assert f"{ITERATIONS} iterations" in runs(cluster, run, "logs", run.name)


def test_a_mistake_is_not_requeued(cluster: Cluster, submit: Submit) -> None:
    run = submit("paths.cache=/dev/null/cache")  # the folder may be a node's own: the submission does not look at it
    assert over(cluster, run) == "FAILED"
    assert "/dev/null/cache" in (run / "error.txt").read_text()
    assert "Traceback" not in (run / "log.txt").read_text()
    assert cluster.run("squeue", "-h") == ""


def test_two_nodes_are_one_run(cluster: Cluster, submit: Submit, videos: Path, tmp_path: Path) -> None:
    """Interrupted on two nodes and uninterrupted as two processes: the same bits; in one process: the first losses."""
    short = ["engine.iterations=600", "validation.every=300"]
    run = submit("machine.num_nodes=2", *short)
    trained(run, 20)
    cluster.run("scancel", "--signal=USR1", job(run))
    for devices in (1, 2):
        where = [f"machine.devices={devices}", f"paths.runs=on{devices}"]
        code, _, error = ended(launch(tmp_path, "train", *TRAINING, *LONG, f"data.root={videos}", *short, *where))
        assert code == 0, error
    one, two = (next(tmp_path.glob(f"on{devices}/*/*")) for devices in (1, 2))
    assert_resumed(cluster, run, at_least=20)
    assert run.name == two.name == one.name
    assert_same_state(run, two)
    for name in ("loss/generator", "loss/discriminator", "val/psnr"):
        assert logged(run, name) == pytest.approx(logged(two, name), rel=1e-6)  # means of ranks, then of iterations
    for name in ("loss/generator", "loss/discriminator"):
        # Later ones differ by what rounding becomes in an adversarial game.
        assert logged(run, name)[0] == pytest.approx(logged(one, name)[0], rel=1e-4)


def test_the_time_limit_is_only_a_pause(cluster: Cluster, videos: Path, tmp_path: Path, uninterrupted: Path) -> None:
    """One run heeds the warning. The other hangs, and is ended a little before SLURM would end all at the limit."""
    limit = ["machine.slurm.time=1", "machine.slurm.signal_seconds=15"]
    code, _, error = start(cluster, tmp_path, videos, *limit, sweep="seed=0,1")
    assert code == 0, error
    both = sorted(tmp_path.glob("runs/super_resolution/*"), key=job)
    for run in both:
        trained(run)
        os.kill(process(run), signal.SIGSTOP)
    heeding = process(both[0])
    until(lambda: not alive(heeding) or signal.SIGUSR1 in pending(heeding), "SLURM's warning")
    with suppress(ProcessLookupError):
        os.kill(heeding, signal.SIGCONT)
    for run in both:
        until(lambda run=run: "requeued" in (run / "log.txt").read_text(), "the end of the first attempt")
        cluster.run("scontrol", "update", f"JobId={job(run)}", "TimeLimit=10")  # before the second asks for its own
    for run in both:
        until(lambda run=run: "attempt 2" in (run / "log.txt").read_text(), "the second attempt")
    assert "Stopped by SIGUSR1" in (both[0] / "log.txt").read_text()
    for run in both:
        assert_resumed(cluster, run, at_least=40)
    assert_same_result(both[0], uninterrupted)
