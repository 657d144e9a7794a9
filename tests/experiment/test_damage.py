"""Every file of a run folder, damaged in every way: told in a sentence or made again, and nobody else's trouble."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from vidgan.commands.hydra_command import register
from vidgan.comparison.folders import read_folder
from vidgan.comparison.selection import select
from vidgan.config.paths import CONF
from vidgan.engine.checkpoints import BEST, LAST, PREVIOUS, iteration_of
from vidgan.errors import UserError
from vidgan.experiment.networks import describe, load_network, recorded_config, weights_in
from vidgan.experiment.resumption import whole_checkpoint
from vidgan.experiment.training import train
from vidgan.launch import control
from vidgan.launch.job import TrainingJob
from vidgan.launch.trial import open_storage
from vidgan.record.folder import ERROR, FINISHED, RUNNING, RunFolder, write_json
from vidgan.record.tables import Table

TINY = (
    *("data.batch_size=1", "data.frames=2", "data.patch=32", "data.eval_frames=2", "data.eval_crop=32"),
    *("networks.generator.channels=4", "networks.discriminator.channels=4", "players.discriminator.start=0"),
    *("engine.iterations=4", "engine.log_every=1", "validation.every=2", "machine.checkpoint.every=2"),
    "validation.monitor=psnr",
    *("machine=cpu", "machine.workers=0", "machine.progress=false", "tracking=disabled"),
)
WAYS = ("empty", "truncated", "garbage", "another's", "flipped")


def composed(runs: Path, *overrides: str) -> DictConfig:
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", [*TINY, f"paths.runs={runs}", f"paths.cache={runs}/cache", *overrides])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two finished runs of networks of the same size; the second is there for its files."""
    runs = tmp_path_factory.mktemp("trained")
    one, other = (train(composed(runs, f"seed={seed}")).path for seed in (0, 1))
    return one, other


@pytest.fixture
def run(trained: tuple[Path, Path], tmp_path: Path) -> RunFolder:
    """A copy of the first, as it was before it was known to be finished."""
    copy = RunFolder(tmp_path / "super_resolution" / trained[0].name)
    shutil.copytree(trained[0], copy.path)
    copy.update_summary(state=RUNNING)
    return copy


@pytest.fixture
def damage(trained: tuple[Path, Path]) -> Callable[[RunFolder, str, str], None]:
    def work(folder: RunFolder, name: str, how: str) -> None:
        path, other = folder.path / name, trained[1] / name
        content = path.read_bytes()
        middle = len(content) // 2
        flipped = bytes(byte ^ 4 for byte in content[middle : middle + 8])
        ways = {
            "empty": b"",
            "truncated": content[:middle],
            "garbage": bytes(range(256)) * 9,
            "another's": other.read_bytes(),
            "flipped": content[:middle] + flipped + content[middle + 8 :],
        }
        path.write_bytes(ways[how])

    return work


Damage = Callable[[RunFolder, str, str], None]


@pytest.mark.parametrize("how", WAYS)
def test_a_damaged_checkpoint_is_told_and_the_best_one_taken(
    run: RunFolder, damage: Damage, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    best = int(torch.load(run.checkpoints / BEST, weights_only=True)["global_step"])
    assert whole_checkpoint(run) == (run.checkpoints / LAST, 4)
    damage(run, f"checkpoints/{LAST}", how)
    with caplog.at_level(logging.WARNING):
        assert whole_checkpoint(run) == (run.checkpoints / BEST, best)
    (told,) = (record.getMessage() for record in caplog.records)
    assert f"{LAST} is {'of another run' if how.startswith('another') else 'damaged'}" in told
    assert f"goes back to {BEST}, iteration {best}" in told
    damage(run, f"checkpoints/{BEST}", how)
    with pytest.raises(UserError, match=rf"{LAST} is .* no {BEST} or {PREVIOUS} to go back to; .* fresh=true"):
        whole_checkpoint(run)


def test_a_run_that_extends_another_goes_on_from_its_end_alone(run: RunFolder, damage: Damage) -> None:
    assert whole_checkpoint(run, alone=True) == (run.checkpoints / LAST, 4)
    damage(run, f"checkpoints/{LAST}", "flipped")
    with pytest.raises(UserError, match=rf"{LAST} is damaged; put back a copy of it, or train the run anew"):
        whole_checkpoint(run, alone=True)


def test_a_damaged_end_is_told_before_its_extension_has_a_folder(run: RunFolder, damage: Damage) -> None:
    run.update_summary(state=FINISHED)
    damage(run, f"checkpoints/{LAST}", "flipped")
    longer = ("engine.iterations=6", "players.generator.schedule=null", f"extend={run.id}")
    with pytest.raises(UserError, match=rf"{LAST} is damaged; put back a copy of it"):
        train(composed(run.path.parents[1], *longer))
    assert list(run.path.parent.iterdir()) == [run.path]


def test_without_a_best_checkpoint_the_one_before_the_last_is_taken(run: RunFolder, tmp_path: Path) -> None:
    assert not (run.checkpoints / PREVIOUS).exists()
    folder = train(composed(tmp_path / "runs", "validation.monitor=null", "engine.iterations=6"))
    assert sorted(path.name for path in folder.checkpoints.glob("*.ckpt")) == [LAST, PREVIOUS]
    (folder.checkpoints / LAST).write_bytes(b"rubbish")
    assert whole_checkpoint(folder) == (folder.checkpoints / PREVIOUS, 4)
    folder.update_summary(state=RUNNING)
    assert train(composed(tmp_path / "runs", "validation.monitor=null", "engine.iterations=6")).path == folder.path
    assert [whole_checkpoint(folder)[1], iteration_of(folder.checkpoints / PREVIOUS)] == [6, 4]


@pytest.mark.parametrize("place", [0.01, 0.2, 0.5, 0.9])
def test_a_single_bit_of_a_checkpoint_is_enough(run: RunFolder, place: float) -> None:
    path = run.checkpoints / LAST
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    assert whole_checkpoint(run)[0] == run.checkpoints / BEST


def test_another_archive_is_no_checkpoint(run: RunFolder) -> None:
    """Whole, but of something else."""
    for content in ({"state_dict": {}}, [1, 2], {"global_step": 3, "callbacks": {}}):
        torch.save(content, run.checkpoints / LAST)
        assert whole_checkpoint(run)[0] == run.checkpoints / BEST


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("which", ["last", "best"])
def test_damaged_weights_are_never_a_wrong_pixel(run: RunFolder, damage: Damage, which: str, how: str) -> None:
    description = describe(run, weights_in(run, which))
    load_network(description, weights_in(run, which))
    damage(run, f"checkpoints/{which}.safetensors", how)
    with pytest.raises(UserError, match=rf"{which}\.safetensors (cannot be read: it is damaged|is of another run)"):
        load_network(description, weights_in(run, which))


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", ["summary.json", "provenance.json", "inputs.json"])
def test_damaged_records_are_told(run: RunFolder, damage: Damage, name: str, how: str) -> None:
    damage(run, name, how)
    if how != "another's":
        with pytest.raises(UserError, match=rf"{name} is damaged; .* train the run anew with fresh=true"):
            run.read(name)
    elif name == "summary.json":
        config = composed(run.path.parents[1], "seed=0")
        with pytest.raises(UserError, match=r"summary\.json is of another run, .* fresh=true"):
            train(config)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", ["config.yaml", "machine.yaml"])
def test_damaged_configurations_are_told(run: RunFolder, damage: Damage, name: str, how: str) -> None:
    damage(run, name, how)
    with pytest.raises(UserError, match=rf"{name}(:| is not as it was written| is of another run)"):
        read_folder(run)
    if name == "config.yaml":
        with pytest.raises(UserError, match=r"config\.yaml(:| is not as it was written| is of another run)"):
            recorded_config(run)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", ["metrics.csv", "per_clip.csv"])
def test_damaged_tables_are_told(run: RunFolder, damage: Damage, name: str, how: str) -> None:
    """Those of a finished run by their checksum; those that still grow where they are no tables."""
    damage(run, name, how)
    if how == "garbage":
        with pytest.raises(UserError, match=rf"{name} is damaged \(.*\); put back a copy of it, or remove it"):
            Table(run.path / name)
    run.update_summary(state=FINISHED)
    with pytest.raises(UserError, match=rf"{name} is damaged"):
        read_folder(run)


@pytest.mark.parametrize("name", ["metrics.csv", "per_clip.csv"])
@pytest.mark.parametrize("how", ["a digit", "the last line", "a line between"])
def test_a_table_that_still_grows_is_held_to_the_last_checkpoint(run: RunFolder, name: str, how: str) -> None:
    path = run.path / name
    head, *rows = path.read_text().splitlines(keepends=True)
    first = rows[0].replace(
        next(digit for digit in rows[0] if digit in "123456789"), "7" if "7" not in rows[0] else "0"
    )
    damaged = {"a digit": [first, *rows[1:]], "the last line": rows[:2], "a line between": [rows[0], *rows[2:]]}
    path.write_text(head + "".join(damaged[how]))
    for reads in (lambda: read_folder(run), lambda: train(composed(run.path.parents[1]))):
        with pytest.raises(UserError, match=rf"{name} is damaged \(its first \d+ rows are not what was written\)"):
            reads()
    path.unlink()
    read_folder(run)


@pytest.mark.parametrize("how", WAYS)
def test_one_damaged_run_is_nobody_elses_trouble(
    run: RunFolder, trained: tuple[Path, Path], damage: Damage, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = run.path.parents[1]
    other = RunFolder(run.path.parent / trained[1].name)
    shutil.copytree(trained[1], other.path)
    if how == "another's":
        damage(run, "checkpoints/last.ckpt", "garbage")  # which none of these commands needs
    else:
        for name in ("summary.json", "provenance.json", "config.yaml", "metrics.csv", "per_clip.csv"):
            damage(run, name, how)
    control.show(runs, "")
    shown = capsys.readouterr().out
    assert any(line.startswith(other.id) and FINISHED in line for line in shown.splitlines())
    for named in (str(run.path.parent), "quickstart", str(runs / "super_resolution" / "*")):
        found = {record.id for record in select([named], runs)}
        assert other.id in found
    told = capsys.readouterr().err
    if how != "another's":
        assert f"left out: {run.path}" in shown
        assert told.count(f"left out: {run.path}") == told.count("\n") == 3
        with pytest.raises(UserError, match=r"damaged|cannot be read|not as it was written"):
            select([str(run.path)], runs)


#: What a hand, or somebody who means ill, may have written: well-formed, without a checksum, and no run's.
FOREIGN_SUMMARIES: list[dict[str, object]] = [
    *({"group": group} for group in (["a"], 3)),
    *({"metrics": metrics} for metrics in ({"psnr": "abc"}, [1], None, {"psnr": 10**400}, {"psnr": {"a": 1}})),
    *({"baselines": baselines} for baselines in ({"bicubic": 3}, [1])),
    *({"label": [1]}, {"state": [1]}, {"iteration": "x"}, {"parameters": [1]}, {"peak_memory": "x"}, {"seconds": "x"}),
]
FOREIGN_YAML = (
    *(
        "x: !!python/object/apply:os.system ['touch made']\n",
        "---\na: 1\n",
        "? [a]\n: 1\n",
        "<<: x\n",
    ),
    'x: "\\e]0;title\\a"\n',
)


@pytest.mark.parametrize("written", [*FOREIGN_SUMMARIES, *FOREIGN_YAML], ids=repr)
def test_what_no_run_writes_is_nobody_elses_trouble(
    run: RunFolder,
    trained: tuple[Path, Path],
    written: dict[str, object] | str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = run.path.parents[1]
    monkeypatch.chdir(runs)
    other = RunFolder(run.path.parent / trained[1].name)
    shutil.copytree(trained[1], other.path)
    if isinstance(written, str):
        path = run.path / "config.yaml"
        path.write_text(path.read_text().partition("\n")[2] + written)
    else:
        (run.path / "summary.json").write_text(json.dumps({**run.read("summary.json"), **written}))
    control.show(runs, "")
    shown = capsys.readouterr().out
    assert any(line.startswith(other.id) and FINISHED in line for line in shown.splitlines())
    assert f"left out: {run.path}" in shown
    assert [record.id for record in select(["quickstart"], runs)] == [other.id]
    assert capsys.readouterr().err.count("left out: ") == 1
    with pytest.raises(UserError, match=r"nothing is no group, run or folder"):
        select(["nothing"], runs)
    assert not (runs / "made").exists()


def test_what_a_run_recorded_does_not_command_the_terminal(
    run: RunFolder, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run.update_summary(state="failed", label="\x1b[2Ja", error="\x1b]0;title\x07\nFAKE LINE")
    (run.path / "error.txt").write_bytes(b"\xff\x1b[2J")
    control.show(tmp_path, "")
    control.logs(run, 5, follow=False)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"\x1b[2Ja" in shown
    assert r"\x1b]0;title\x07 FAKE LINE" in shown


def test_pictures_outside_of_a_run_are_not_its_samples(run: RunFolder, tmp_path: Path) -> None:
    """A link would bring them into the page of a comparison."""
    assert set(read_folder(run).samples) == {2, 4}
    outside = run.samples.rename(tmp_path / "outside")
    run.samples.symlink_to(outside)
    record = read_folder(run)
    assert (record.samples, record.video) == ({}, None)


def test_a_fresh_revision_needs_nothing_of_the_old_one(run: RunFolder, damage: Damage) -> None:
    for path in [path for path in run.path.rglob("*") if path.is_file() and path.suffix != ".lock"]:
        path.write_bytes(b"\x00garbage\xff")
    runs = run.path.parents[1]
    again = train(composed(runs, "seed=0", "fresh=true", "engine.iterations=4"))
    assert again.id == f"{run.id}-r2"
    assert again.summary["state"] == FINISHED
    assert train(composed(runs, "seed=0")).id == again.id  # from then on it is the run


def test_a_run_goes_on_from_its_best_checkpoint_where_the_last_is_damaged(
    run: RunFolder, trained: tuple[Path, Path], damage: Damage
) -> None:
    """And ends as if nothing had happened; its tables have one end of lines."""
    path = run.checkpoints / LAST
    wanted = torch.load(path, weights_only=True)["state_dict"]
    damage(run, f"checkpoints/{LAST}", "flipped")
    (run.path / ERROR).write_text("of an earlier attempt")
    best = int(torch.load(run.checkpoints / BEST, weights_only=True)["global_step"])
    ended = train(composed(run.path.parents[1], "seed=0"))
    assert ended.id == run.id
    assert ended.summary["state"] == FINISHED
    assert not (run.path / ERROR).exists()
    found = torch.load(path, weights_only=True)["state_dict"]
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    assert [segment["iteration"] for segment in ended.read("provenance.json")["segments"]] == [0, best]
    for name in ("metrics.csv", "per_clip.csv"):
        assert b"\r" not in (ended.path / name).read_bytes()
    assert [row["iteration"] for row in Table(ended.path / "metrics.csv").rows() if row["loss/pixel"]] == list("1234")


@pytest.mark.parametrize("how", WAYS)
def test_a_damaged_job_is_told(tmp_path: Path, damage: Damage, trained: tuple[Path, Path], how: str) -> None:
    jobs = [TrainingJob((), composed(tmp_path, f"seed={seed}"), RunFolder(path)) for seed, path in enumerate(trained)]
    for job in jobs:
        job.write()
    again = TrainingJob.read(trained[0])
    assert again.config == jobs[0].config
    copy = RunFolder(tmp_path / trained[0].name)
    copy.path.mkdir()
    shutil.copy(trained[0] / "job.yaml", copy.path)
    damage(copy, "job.yaml", how)
    with pytest.raises(UserError, match=r"job\.yaml(:| is not as it was written| is of another run| is damaged)"):
        TrainingJob.read(copy.path)


@pytest.mark.parametrize("content", [2 * b"\x00garbage\xff\n", b"[1, 2]\n", b'{"op_code": 0}\n{"op_code": 99}\n'])
def test_a_damaged_study_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "study.journal").write_bytes(content)
    with pytest.raises(UserError, match=r"study\.journal cannot be opened"):
        open_storage(str(tmp_path / "study.journal"))


def test_a_part_of_a_row_is_no_row(tmp_path: Path) -> None:
    """A process that is killed may leave half a number, which looks like one."""
    path = tmp_path / "metrics.csv"
    Table(path).append([{"iteration": 1, "loss": 0.125}, {"iteration": 2, "loss": 0.25}])
    path.write_text(path.read_text()[:-2])
    assert Table(path).rows() == [{"iteration": "1", "loss": "0.125"}]


def test_records_without_a_checksum_are_read(tmp_path: Path) -> None:
    """Those of earlier versions, and those that somebody has written."""
    folder = RunFolder(tmp_path)
    (tmp_path / "summary.json").write_text(json.dumps({"state": "finished", "metrics": {"psnr": 1e-7, "b": [1, None]}}))
    assert folder.read("summary.json")["metrics"] == {"psnr": 1e-7, "b": [1, None]}
    for value in ({"a": {2: "b", 10: "c"}, "d": (1, 2)}, {"e": float("nan"), "f": float("inf"), "g": "ä"}):
        write_json(tmp_path / "summary.json", value)
        assert folder.read("summary.json").keys() == value.keys()
