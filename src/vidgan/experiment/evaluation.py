"""Scoring a recorded run under any protocol, on its own test clips or on others."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from vidgan.engine.scoring import MODEL, ScoredModule
from vidgan.errors import UserError
from vidgan.experiment.assemble import build_data, build_task, build_trainer, device_kind
from vidgan.experiment.builder import build
from vidgan.experiment.folder import RunFolder, find_run, write_json
from vidgan.experiment.identity import code_fingerprint
from vidgan.experiment.lint import lint
from vidgan.experiment.places import CONF
from vidgan.experiment.report import Showcase, described, flat_scores, show_scores
from vidgan.experiment.schema import MACHINE_HALF
from vidgan.experiment.tables import Table
from vidgan.experiment.wandb_layout import run_arguments
from vidgan.experiment.wandb_tracker import WandbTracker, tracked
from vidgan.weights import load_weights


def recorded_config(folder: RunFolder) -> DictConfig:
    """The configuration that a run was trained with.

    Raises:
        UserError: it has not started yet.
    """
    path = folder.path / "config.yaml"
    if not path.is_file():
        raise UserError(f"Run {folder.id} has not started yet; see vidgan-runs list.")
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    return config


def protocol_config(name: str) -> DictConfig:
    """A protocol by name or path.

    Raises:
        UserError: there is none of that name.
    """
    path = Path(name) if name.endswith(".yaml") else CONF / "protocols" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (CONF / "protocols").glob("*.yaml")))
        raise UserError(f"protocol={name}: there is no such protocol; there are {known}.")
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    return config


def restore(folder: RunFolder, weights: str) -> Any:
    """The trained task of a run: its generator holds the weights that predict."""
    config = recorded_config(folder)
    config.engine.compile = []
    config.engine.ema = None  # the saved weights are the average already
    task = build_task(config)
    load_weights(task.networks["generator"], folder.weights(weights))
    return task.eval()


def scored_precision(folder: RunFolder, machine: DictConfig) -> str:
    """What ``machine.precision=auto`` means here: the run's own, as its recorded scores were computed in it."""
    recorded = folder.read("provenance.json")["segments"][-1]["precision"]
    on_this_device = recorded != "16-mixed" or device_kind(machine) == "cuda"
    return recorded if machine.precision == "auto" and on_this_device else machine.precision


def _resolved(node: DictConfig) -> DictConfig:
    """The node without references to its root, so that it can stand alone."""
    plain = OmegaConf.create(OmegaConf.to_container(node, resolve=True))
    assert isinstance(plain, DictConfig)
    return plain


def evaluate(config: DictConfig) -> dict[str, dict[str, float]]:
    """Scores a run and the baselines; writes ``evaluations/<protocol>-<weights>`` in the run folder.

    Raises:
        UserError: the run, the protocol or the data is at fault.
    """
    folder = find_run(Path(config.paths.runs), config.run)
    trained = recorded_config(folder)
    task: ScoredModule = restore(folder, config.weights)
    protocol = protocol_config(config.protocol) if config.protocol else trained.protocol
    data = trained.data if config.data is None else _resolved(config.data)
    lint(OmegaConf.create({"protocol": protocol, "data": data}), {})
    task.protocol = build(protocol, "protocol")
    if not config.baselines:
        task.baselines = lambda clip, condition: {}  # type: ignore[method-assign]
    name = f"{protocol.name}-{config.weights}" + ("" if config.data is None else f"-{_name(data)}")
    out = folder.path / "evaluations" / name
    out.mkdir(parents=True, exist_ok=True)
    config.machine.precision = scored_precision(folder, config.machine)
    tracker = _tracker(config, trained, protocol, data, folder, name)
    showcase = Showcase(out, task.shown, tracker)
    task.watchers.append(showcase.watch)
    trainer = build_trainer(config.machine, [showcase], [], default_root_dir=folder.path)
    with tracked(tracker):
        trainer.test(task, datamodule=build_data(data, config.machine, config.paths), verbose=False)
        scores = dict(task.scores)
        if tracker is not None:
            baselines = {method: row for method, row in scores.items() if method != MODEL}
            tracker.summarize(flat_scores(scores[MODEL], baselines))
    if trainer.is_global_zero:
        table = Table(out / "per_clip.csv")
        table.clear()
        table.append(task.rows)
        result = {"protocol": protocol.name, "follows": protocol.follows, "fingerprint": code_fingerprint()}
        write_json(out / "scores.json", {**result, "scores": task.scores})
        show_scores(folder.id, scores.pop(MODEL), scores, described(task.protocol))
        console = Console()
        console.print(f"protocol {protocol.name}: {protocol.follows}", highlight=False)
        console.print(f"written to {out}", highlight=False, soft_wrap=True)
    return task.scores


def _name(data: DictConfig) -> str:
    """What a data set is called: the folder it lies in, or the class that makes it."""
    return Path(data.root).name if "root" in data else str(data._target_).rpartition(".")[2]


def _tracker(
    config: DictConfig, trained: DictConfig, protocol: DictConfig, data: DictConfig, folder: RunFolder, name: str
) -> WandbTracker | None:
    """The evaluation's own W&B run: the training's configuration with what is different here."""
    if config.tracking.mode == "disabled":
        return None
    whole = trained.copy()
    whole.protocol, whole.data = protocol, data
    for key in (key for key in MACHINE_HALF if key in config):
        whole[key] = config[key]
    return WandbTracker(run_arguments(whole, folder, name), config.tracking)
