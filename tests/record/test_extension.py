"""Ten iterations and ten more are twenty."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file

from tests.media import moving, write_video
from tests.test_commands import BIN, LIMIT, TRAINING, assert_same_state
from vidgan.errors import UserError
from vidgan.experiment.training import train
from vidgan.record.folder import FINISHED, RUNNING, RunFolder
from vidgan.record.identity import halves, locate
from vidgan.record.tables import Table

Composed = Callable[..., DictConfig]
SCHEDULE = "players.generator.schedule"
SHORT = [*TRAINING, "machine.progress=false", "machine.threads=1", "players.discriminator.start=4"]
SHORT += ["validation.every=5", "validation.monitor=psnr"]


@pytest.fixture
def small(composed: Composed, tmp_path: Path) -> Composed:
    """The configuration of a training of a second or two, by its number of iterations and further overrides."""
    for number, split in enumerate(("train", "val", "test")):
        write_video(tmp_path / "videos" / split / f"{number}.mp4", moving(4, 48, 48, seed=number))
    root = f"data.root={tmp_path}/videos"

    def make(iterations: int, *overrides: str) -> DictConfig:
        return composed(*SHORT, root, f"engine.iterations={iterations}", *overrides)

    return make


def test_ten_and_ten_more_are_twenty(small: Composed, tmp_path: Path) -> None:
    kept = f"{SCHEDULE}.T_max=50"  # a cosine that does not end with the training
    base = train(small(10, kept))
    longer = train(small(20, kept, f"extend={base.id}"))
    whole = train(small(20, kept))
    assert len({base.id, longer.id, whole.id}) == 3
    assert_same_state(longer.path, whole.path)
    best = [load_file(run.weights("best")) for run in (longer, whole)]
    assert all(torch.equal(value, best[1][key]) for key, value in best[0].items())
    for name in ("metrics.csv", "per_clip.csv"):
        assert Table(longer.path / name).rows() == Table(whole.path / name).rows()
    assert longer.summary["metrics"] == whole.summary["metrics"]
    assert (longer.summary["state"], longer.summary["iteration"]) == (FINISHED, 20)
    segments = longer.read("provenance.json")["segments"]
    assert [segment["iteration"] for segment in segments] == [0, 10]


@pytest.fixture
def base(small: Composed) -> RunFolder:
    """What a finished training of ten iterations would leave, but for its networks."""
    return left_behind(small(10), FINISHED)


def left_behind(config: DictConfig, state: str, iteration: int = 10) -> RunFolder:
    folder, _ = locate(config)
    folder.path.mkdir(parents=True)
    for name, half in zip(("config.yaml", "machine.yaml"), halves(config), strict=True):
        (folder.path / name).write_text(OmegaConf.to_yaml(OmegaConf.create(half)))
    folder.update_summary(state=state, iteration=iteration)
    return folder


CONSTANT = f"{SCHEDULE}=null"


def test_the_name_or_the_folder_of_a_run_are_its_id(small: Composed, base: RunFolder) -> None:
    name, _, _ = base.id.rpartition("-")
    ways = [locate(small(20, CONSTANT, f"extend={way}")) for way in (base.id, name, base.path)]
    assert ways[0] == ways[1] == ways[2]
    folder, reason = ways[0]
    assert not folder.path.exists()
    assert reason == f"A new run. It goes on from iteration 10 of {base.id}."
    others = [locate(small(20, CONSTANT)), locate(small(30, CONSTANT, f"extend={name}"))]
    assert len({folder.id, base.id, *(other.id for other, _ in others)}) == 4


def test_a_name_means_the_run_that_can_be_extended(small: Composed, base: RunFolder) -> None:
    """Neither the extension itself nor a run of another seed, though they are newer and have the same name."""
    name, _, _ = base.id.rpartition("-")
    given = (20, CONSTANT, f"extend={name}")
    longer = left_behind(small(*given), FINISHED, iteration=20)
    left_behind(small(10, "seed=1"), FINISHED)
    assert locate(small(*given))[0] == longer
    config = small(30, CONSTANT, f"extend={name}")
    locate(config)
    assert config.extend == longer.id
    with pytest.raises(UserError, match=r"is another training \(data.patch: 32 there, 16 here"):
        locate(small(20, CONSTANT, f"extend={name}", "data.patch=16"))


def test_a_schedule_over_the_whole_length_is_explained(small: Composed, base: RunFolder) -> None:
    with pytest.raises(UserError) as told:
        locate(small(20, f"extend={base.id}"))
    assert str(told.value) == (
        f"{SCHEDULE}.T_max is 10 in {base.id} and 20 here: the schedule depends on the length of the training, and "
        f"what it has done cannot be done again. Give {SCHEDULE}=null to go on at the last learning rate, "
        f"{SCHEDULE}.T_max=10 to keep the schedule as it was, or train anew without extend."
    )


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["data.patch=16"], r"this is another training \(data.patch: 32 there, 16 here\); give the command"),
        (["+networks.generator.scale=2"], r"networks.generator.scale"),
        (["engine.iterations=10"], r"engine.iterations=10: \S+ has 10 already; give a whole length beyond it"),
        (["extend=nothing"], r"extend=nothing is not in .*runs; runs there: "),
        (["extend=''"], r"extend is empty; give a run's id, its name or its folder"),
    ],
)
def test_what_is_not_the_same_training_made_longer_is_refused(
    small: Composed, base: RunFolder, overrides: list[str], told: str
) -> None:
    given = [override.replace("+networks.generator.scale", "++networks.generator.scale") for override in overrides]
    with pytest.raises(UserError, match=told):
        locate(small(20, CONSTANT, f"extend={base.id}", *given))


def test_an_unfinished_run_is_not_extended(small: Composed) -> None:
    base = left_behind(small(10), RUNNING)
    with pytest.raises(UserError, match=f"extend={base.id}: it is running; run its own command until it has finished"):
        locate(small(20, CONSTANT, f"extend={base.id}"))


def test_without_its_schedule_a_player_goes_on_at_its_last_rate(small: Composed) -> None:
    """Also where another player keeps its own: each gets what is its own of the checkpoint."""
    halving = "{_target_: torch.optim.lr_scheduler.StepLR, _partial_: true, step_size: 3, gamma: 0.5}"
    both = f"players.discriminator.schedule={halving}"
    base = train(small(10, both))
    longer = train(small(20, both, CONSTANT, f"extend={base.id}"))
    rows = Table(longer.path / "metrics.csv").rows()
    by_iteration = {row["iteration"]: row for row in rows if row["lr/generator"]}
    # The cosine had come to its end, of which its tenth step was one short.
    assert float(by_iteration["20"]["lr/generator"]) == pytest.approx(1e-5, rel=1e-9)
    assert float(by_iteration["10"]["lr/generator"]) > 1e-5
    # Its player starts at iteration 4: the 15 steps before its last have halved the rate of 2e-4 five times.
    assert float(by_iteration["20"]["lr/discriminator"]) == pytest.approx(2e-4 / 2**5, rel=1e-12)


def test_two_ranks_of_torchrun_go_on_from_one(small: Composed, tmp_path: Path) -> None:
    kept = f"{SCHEDULE}.T_max=50"
    base = train(small(10, kept))
    here = [f"data.root={tmp_path}/videos", f"paths.runs={tmp_path}/runs", f"paths.cache={tmp_path}/cache"]
    command = [BIN / "torchrun", "--standalone", "--nproc-per-node=2", "-m", "vidgan.commands.train", *SHORT, *here]
    given = [kept, "engine.iterations=20", f"extend={base.id}"]
    done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    (longer,) = (RunFolder(path) for path in base.path.parent.iterdir() if path != base.path)
    assert (longer.summary["state"], longer.summary["iteration"]) == (FINISHED, 20)
    assert [segment["iteration"] for segment in longer.read("provenance.json")["segments"]] == [0, 10]
    before, after = (Table(run.path / "metrics.csv").rows() for run in (base, longer))
    assert after[: len(before)] == before
    assert {row["iteration"] for row in after[len(before) :]} == {"15", "20"}
