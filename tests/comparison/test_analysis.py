"""Comparisons of run folders by hand: what is joined, paired, left out and refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.comparison.conftest import Record, clips
from tests.rounding import FLOAT64
from vidgan.comparison import tables
from vidgan.comparison.analysis import Comparison, compare
from vidgan.comparison.axes import natural
from vidgan.comparison.folders import read_folder
from vidgan.comparison.page import page
from vidgan.comparison.selection import select
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder, write_json
from vidgan.record.tables import Table

WEIGHT = "losses.adversarial.weight"


def compared(*folders: RunFolder, **options: Any) -> Comparison:
    return compare([read_folder(folder) for folder in folders], "title", **options)


def test_figures_by_hand(recorded: Record) -> None:
    result = compared(
        recorded(f"{WEIGHT}=0.1", "seed=0", psnr=clips(30, 32), seconds=10.0),
        recorded(f"{WEIGHT}=0.1", "seed=1", psnr=clips(34, 36), seconds=30.0),
        recorded(f"{WEIGHT}=0.2", "seed=0", psnr=clips(28, 31)),
    )
    light, heavy = result.variants
    assert (light.label, heavy.label) == ("adversarial.weight=0.1", "adversarial.weight=0.2")
    assert result.reference == light.label  # it has the most seeds
    assert (light.score("psnr").mean, light.score("psnr").std) == (33.0, pytest.approx(8**0.5, rel=FLOAT64))
    assert (heavy.score("psnr").mean, heavy.score("psnr").std) == (29.5, None)
    assert light.score("tof").mean == pytest.approx(0.33, rel=FLOAT64)
    cost = light.cost("seconds")
    assert cost is not None
    assert cost.mean == 20.0
    difference = result.differences[heavy.label, "psnr"]
    assert difference.mean == -1.5  # of the seed that both have: 28 - 30 and 31 - 32
    assert (difference.clips, difference.seeds, difference.p_holm) == (2, (1, 1), None)
    assert result.baselines == {"bicubic": {"psnr": 25.0, "tof": 0.5}}
    assert result.fronts["psnr", "seconds"] == {light.label, heavy.label}
    assert result.fronts["psnr", "parameters"] == {light.label}
    assert result.fronts["tof", "parameters"] == {heavy.label}
    assert result.notes == ("Metrics that not every run has are left out: lpips.",)


def test_without_a_shared_seed_all_seeds_count(recorded: Record) -> None:
    result = compared(
        recorded(f"{WEIGHT}=0.1", "seed=0", psnr=clips(30, 32)),
        recorded(f"{WEIGHT}=0.1", "seed=1", psnr=clips(34, 36)),
        recorded(f"{WEIGHT}=0.2", "seed=2", psnr=clips(28, 31)),
    )
    difference = result.differences["adversarial.weight=0.2", "psnr"]
    assert (difference.mean, difference.seeds) == (-3.5, (1, 2))  # clips: 28 - 32 and 31 - 34


def test_holm_runs_over_the_variants_of_a_metric(recorded: Record) -> None:
    base = [30.0, 31, 32, 33, 34, 35, 36, 37]
    mixed = [value + sign for value, sign in zip(base, (1.0, -2, 3, -4, 5, -6, 7, 8.5), strict=True)]
    result = compared(
        recorded(f"{WEIGHT}=1", psnr=clips(*base)),
        recorded(f"{WEIGHT}=2", psnr=clips(*(value + 0.1 * value for value in base))),
        recorded(f"{WEIGHT}=3", psnr=clips(*mixed)),
    )
    first, second = (result.differences[f"adversarial.weight={number}.0", "psnr"] for number in (2, 3))
    assert first.p == 2 / 2**8
    assert first.p_holm == 2 * first.p
    assert second.p is not None
    assert second.p_holm == second.p > first.p_holm


def test_what_is_not_finished_is_left_out_with_its_state(recorded: Record) -> None:
    done = recorded("seed=0", psnr=clips(30))
    states = {
        recorded(f"seed={seed}", psnr=clips(30), state=state).id: f"{state} at iteration 20"
        for seed, state in enumerate(("running", "failed", "pruned", "submitted"), start=1)
    }
    folders = [RunFolder(done.path.parent / name) for name in states]
    assert compared(done, *folders).left_out == states
    with pytest.raises(UserError, match="no run is finished \\(1 running, 1 failed, 1 pruned, 1 submitted\\)"):
        compared(*folders)


def test_of_a_run_made_twice_the_newer_counts(recorded: Record, tmp_path: Path) -> None:
    older = recorded("seed=0", psnr=clips(30))
    newer = RunFolder(older.path.with_name(f"{older.id}-r2"))
    older.path.rename(newer.path)
    recorded("seed=0", psnr=clips(20))
    result = compared(newer, older)
    assert result.variants[0].runs[0].id == newer.id
    assert result.variants[0].score("psnr").mean == 30.0
    assert result.left_out == {older.id: f"the same settings and seed as {newer.id}, which is newer"}


def test_other_clips_are_refused(recorded: Record) -> None:
    one, other = recorded(psnr={"a": 30, "b": 31}), recorded("seed=1", psnr={"a": 30, "c": 31})
    with pytest.raises(UserError, match=f"{one.id} and {other.id} were tested on different clips \\(b, c in one"):
        compared(one, other)


def test_other_protocols_are_refused(recorded: Record) -> None:
    one, other = recorded(psnr=clips(30)), recorded("protocol.crop=0", psnr=clips(30))
    with pytest.raises(UserError, match="scored under different protocols \\(default and default, or its settings"):
        compared(one, other)


def test_different_experiments_are_called_by_their_names(recorded: Record) -> None:
    small, large = (
        recorded(f"name={name}", f"networks.generator.channels={channels}", f"engine.ema={ema}", psnr=clips(30))
        for name, channels, ema in (("large", 64, 0.9), ("small", 8, 0.5))
    )
    result = compared(small, large)
    assert result.named
    assert [variant.label for variant in result.variants] == ["large", "small"]  # as they were given


def test_values_sort_as_numbers(recorded: Record) -> None:
    folders = [recorded(f"networks.generator.channels={count}", psnr=clips(30)) for count in (16, 8, 128)]
    assert [list(variant.values.values()) for variant in compared(*folders).variants] == [[8], [16], [128]]
    assert sorted(["x10", "x9", "absent", 2.5, 10], key=lambda value: natural((value,))) == [
        2.5,
        10,
        "absent",
        "x9",
        "x10",
    ]


def test_the_reference_is_chosen_by_label_or_run(recorded: Record) -> None:
    runs = [recorded(f"{WEIGHT}={weight}", psnr=clips(30)) for weight in (1, 2, 21)]
    assert compared(*runs, reference="weight=21").reference == "adversarial.weight=21.0"
    assert compared(*runs, reference="adversarial.weight=2.0").reference == "adversarial.weight=2.0"
    assert compared(*runs, reference=runs[1].id).reference == "adversarial.weight=2.0"
    with pytest.raises(UserError, match="reference=weight is 3 of the variants; give one of: "):
        compared(*runs, reference="weight")


def test_without_scores_by_clip_it_says_so(recorded: Record) -> None:
    one, other = recorded(f"{WEIGHT}=1", psnr=clips(30)), recorded(f"{WEIGHT}=2", psnr=clips(30))
    (other.path / "per_clip.csv").unlink()
    result = compared(one, other)
    assert result.differences == {}
    assert f"No paired differences: {other.id} came without scores clip by clip." in result.notes


def test_machines_and_code_are_told_but_folders_of_a_machine_do_not_differ(recorded: Record) -> None:
    one = recorded("paths.assets=/here", psnr=clips(30))
    other = recorded("seed=1", "paths.assets=/there", psnr=clips(30))
    provenance = json.dumps(other.read("provenance.json")).replace('"f"', '"g"').replace('"cpu"', '"H200"')
    write_json(other.path / "provenance.json", json.loads(provenance))
    result = compared(one, other)
    assert result.axes == ()
    assert result.notes[1:] == (
        "Speed, seconds and memory are of different devices: H200, cpu.",
        "The runs were made by several versions of the code: vidgan.losses.pixel differ between them.",
    )


def test_one_folder_written_in_two_ways_does_not_differ(
    recorded: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clips").mkdir()
    monkeypatch.chdir(tmp_path)
    one = recorded("data=folder", "data.root=./clips", psnr=clips(30))
    other = recorded("data=folder", f"data.root={tmp_path}/clips", "seed=1", psnr=clips(30))
    monkeypatch.chdir("/")
    assert compared(one, other).axes == ()


def test_runs_are_found_by_group_id_folder_and_pattern(recorded: Record, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    one = recorded("seed=1", psnr=clips(30), group="study")
    two = recorded("seed=2", psnr=clips(30), group="study")
    three = recorded("name=other", psnr=clips(30))

    def found(*arguments: str) -> set[str]:
        return {record.id for record in select(arguments, runs)}

    assert found("study") == found("quickstart") == {one.id, two.id}
    assert found(one.id) == found(str(one.path)) == {one.id}
    assert found(str(runs)) == found("*/*") == found("study", "other") == {one.id, two.id, three.id}
    assert found(f"{runs}/*/other-*") == {three.id}
    recorded("name=othermost", psnr=clips(30))
    assert found("other") == {three.id}  # the name, not what begins so
    with pytest.raises(UserError, match=r"nothing is no group, run or folder; in .*runs there are: study"):
        found("nothing")


def test_a_score_with_an_ideal_is_best_nearest_to_it(recorded: Record) -> None:
    """Sharpness as a ratio to the real clip's: 2.2 is noise, 0.9 is nearly right, 0.5 is blurred."""
    directions = {"higher_is_better": {"psnr": True, "ratio": True}, "ideal": {"ratio": 1.0}}
    runs = [
        recorded(f"{WEIGHT}={weight}", psnr=clips(30.0), metrics={"psnr": 30.0, "ratio": ratio}, **directions)
        for weight, ratio in ((1, 2.2), (2, 0.9), (3, 0.5))
    ]
    for run, ratio in zip(runs, (2.2, 0.9, 0.5), strict=True):
        table = Table(run.path / "per_clip.csv")
        rows = [{**row, "ratio": ratio} for row in table.rows()]
        table.clear()
        table.append(rows)
    noisy, right, blurred = (f"adversarial.weight={weight}" for weight in ("1.0", "2.0", "3.0"))
    result = compared(*runs, reference=noisy)
    grid = tables.summary_grid(result)
    column = grid.header.index("ratio → 1")
    assert [row for row, best in grid.best if best == column] == [1]
    assert result.fronts["ratio", "parameters"] == {right}
    # Distances from 1 are 1.2, 0.1 and 0.5.
    assert result.differences[right, "ratio"].mean == pytest.approx(-1.1, rel=FLOAT64)
    assert result.differences[blurred, "ratio"].mean == pytest.approx(-0.7, rel=FLOAT64)
    heads = {row[1] for row in tables.differences_grid(result).rows}
    assert heads == {"psnr ↑", "|ratio - 1| ↓"}
    shown = page(result, budget_mb=0)
    assert "ratio → 1" in shown
    assert "|ratio - 1| ↓" in shown


def test_a_score_of_the_whole_test_has_no_difference_over_clips(recorded: Record) -> None:
    """As the Frechet distances: there is one number a run."""
    scores: dict[str, Any] = {"higher_is_better": {"psnr": True, "fid": False}}
    runs = [
        recorded(f"{WEIGHT}={weight}", psnr=clips(30, 32), metrics={"psnr": 31.0, "fid": fid}, baselines={}, **scores)
        for weight, fid in ((0.1, 5.0), (0.2, 4.0))
    ]
    result = compared(*runs)
    assert [variant.score("fid").mean for variant in result.variants] == [5.0, 4.0]
    assert [metric for _, metric in result.differences] == ["psnr"]
    assert "No paired differences of fid, which is one number for the whole test." in result.notes
    assert "fid" in tables.markdown(tables.summary_grid(result))


def test_clips_without_a_score_are_left_out_of_the_difference_too(recorded: Record) -> None:
    """Where a metric is a number for no method the means leave the clip out."""
    without = float("nan")
    baselines = {"bicubic": {"psnr": without, "tof": 0.5}}
    result = compared(
        recorded(f"{WEIGHT}=0.1", psnr=clips(30, without, 32), baselines=baselines),
        recorded(f"{WEIGHT}=0.2", psnr=clips(29, without, 30), baselines=baselines),
    )
    difference = result.differences["adversarial.weight=0.2", "psnr"]
    assert (difference.mean, difference.clips) == (-1.5, 2)
    assert result.baselines.keys() == {"bicubic"}, "a baseline without this score still has the others"
