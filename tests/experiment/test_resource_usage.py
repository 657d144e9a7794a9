"""What a run is said to cost."""

from pathlib import Path

from tests.engine.toy import fit, toy_task
from vidgan.experiment.resource_usage import ResourceUsage
from vidgan.record.folder import RunFolder


def test_parameters_speed_and_memory_are_recorded(tmp_path: Path) -> None:
    folder, task = RunFolder(tmp_path), toy_task()
    fit(task, tmp_path, callbacks=[ResourceUsage(folder)])
    summary = folder.summary
    assert summary["parameters"] == {
        name: sum(parameter.numel() for parameter in network.parameters()) for name, network in task.networks.items()
    }
    assert summary["iterations_per_second"] > 0
    assert list(summary["peak_memory"]) == ["process"]


def test_a_resumed_run_with_nothing_to_do_keeps_its_speed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    fit(toy_task(), tmp_path, callbacks=[ResourceUsage(folder)])
    before = folder.summary
    fit(toy_task(), tmp_path, callbacks=[ResourceUsage(folder)], max_steps=1)
    assert folder.summary == before
