"""Scoring a run or published weights under any protocol, on the run's own test clips or on others."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import LightningDataModule

from vidgan.atomic import can_write
from vidgan.config import options
from vidgan.config.instantiate import TARGET, build, resolve_target, targets
from vidgan.config.lint import lint
from vidgan.config.recorded import read_config
from vidgan.config.schema import MACHINE_HALF
from vidgan.config.schema_check import suggestion
from vidgan.config.task_parts import known_tasks
from vidgan.console import say
from vidgan.data.datamodule import ClipDataModule, DataModule
from vidgan.data.derived import files
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import ScoredModule
from vidgan.engine.settings import EngineSettings
from vidgan.errors import UserError
from vidgan.experiment.build import (
    TASK_SUPPLIED,
    build_data,
    build_task,
    build_trainer,
    device_kind,
    refuse_absent_device,
)
from vidgan.experiment.networks import describe, load_network, task_of_weights, weights_of
from vidgan.experiment.overriding import override, task_defaults
from vidgan.experiment.report import Showcase, described, flat_scores, show_data, show_scores
from vidgan.experiment.subject import recorded_config
from vidgan.generators.base import as_generator
from vidgan.metrics.torchscript import TorchScriptMetric
from vidgan.protocols.protocol import Protocol
from vidgan.record.canonical_paths import with_one_name
from vidgan.record.code_fingerprint import fingerprint
from vidgan.record.folder import RunFolder, write_json
from vidgan.record.inputs import code_of
from vidgan.record.names import LONGEST, checked_name, slug
from vidgan.record.tables import Table
from vidgan.tracking.layout import run_arguments
from vidgan.tracking.wandb_tracker import WandbTracker, tracked

logger = logging.getLogger(__name__)

# What a command line may replace, and how it is chosen there.
_GROUPS = {"data": "data", "degradation": "degradations@degradation"}


def protocol_config(name: str) -> DictConfig:
    """A protocol by name or path.

    Raises:
        UserError: there is none of that name.
    """
    path = Path(name) if name.endswith(".yaml") else options.find("protocols", name)
    if path is None or not path.is_file():
        raise UserError(f"protocol={name}: there is no such protocol; {suggestion(name, options.names('protocols'))}")
    if line := options.in_place_of_shipped("protocols", name):
        print(line, file=sys.stderr)
    config = read_config(path)
    if not _is_protocol(config):
        raise UserError(f"{path}: is no protocol; it needs _target_, name, follows and metrics, see conf/protocols.")
    return config


def _is_protocol(config: Any) -> bool:
    return isinstance(config, DictConfig) and {TARGET, "name", "follows"} <= config.keys()


@dataclass(frozen=True)
class Evaluation:
    """What is scored.

    Attributes:
        folder: of the run; weights of a file get one of their own, ``runs/published/<name>``.
        name: of the evaluation.
        place: the folder that it is written to.
        weights: the generator's.
        experiment: what defines the score: task, network, degradation, data and protocol.
        trained: the data that the run was trained on; None for weights of a file.
        precision: that the run's recorded scores were computed in; float32 for weights of a file.
    """

    folder: RunFolder
    name: str
    place: Path
    weights: Path
    experiment: DictConfig
    trained: DictConfig | None
    precision: str

    def task(self) -> ScoredModule:
        """The task with nothing but its generator, whose weights are those that predict."""
        generator = load_network(self.experiment.networks.generator, self.weights).requires_grad_(False)
        return build_task(self.experiment, {"generator": generator}).eval()


def evaluation_of(config: DictConfig) -> Evaluation:
    """What a command line of ``vidgan-evaluate`` names: a run or weights of a file, and what it replaces.

    Raises:
        UserError: the run, the weights, the protocol or the data is at fault.
    """
    run, weights = weights_of(config)
    if run and config.task is not None:
        raise UserError(f"task={config.task} is for weights of a file; run={config.run} was trained for its own task.")
    experiment = _without_training(recorded_config(run)) if run else _experiment_of(weights, config.task)
    trained = experiment.data if run else None
    replaced = [key for key in _GROUPS if config[key] is not None]
    for key in replaced:
        if isinstance(config[key], str):
            raise UserError(f"{key}={config[key]} is no configuration; did you mean {_GROUPS[key]}={config[key]}?")
        experiment[key] = OmegaConf.to_container(config[key], resolve=True, throw_on_missing=True)
    if config.protocol:
        experiment.protocol = protocol_config(config.protocol)
    elif not _is_protocol(experiment.protocol):
        raise UserError("protocol is not set, and the run has none; give protocol=<name of a file in conf/protocols>.")
    elif run:
        _refuse_programs(experiment.protocol, run)
    if experiment.data is None:
        raise UserError(
            "data is not set; give data=<name of a file in conf/data>, e.g. data=folder data.root=<folder>."
        )
    override(experiment, config.overrides)
    parts = [checked_name(experiment.protocol.name, "protocol.name"), *([config.weights] if run else [])]
    parts += [_name(experiment[key]) for key in replaced] + [slug(text) for text in config.overrides]
    folder = run or RunFolder(Path(config.paths.runs) / "published" / slug(weights.stem))
    recorded = _recorded_precision(run) if run else "32-true"
    name = "-".join(parts)[:LONGEST]
    place = _free(_place(folder, name, Path(config.paths.runs)), _asked(experiment, config))
    return Evaluation(folder, name, place, weights, experiment, trained, recorded)


def _asked(experiment: DictConfig, config: DictConfig) -> dict[str, Any]:
    """What was scored and how, beside the weights; each path under one name."""
    whole: Any = OmegaConf.to_container(experiment, resolve=True)
    parts = {key: whole[key] for key in ("data", "degradation", "protocol")}  # null for a task without degradation
    asked: dict[str, Any] = with_one_name(parts, dict(config.paths))
    return asked | ({"overrides": list(config.overrides)} if config.overrides else {})


def _free(place: Path, asked: dict[str, Any]) -> Path:
    """That folder, or where it holds an evaluation of something else under the same name, one with a number."""
    numbered = (place.with_name(f"{place.name}-{number}") for number in count(2))
    return next(
        path for path in chain([place], numbered) if RunFolder(path).read("scores.json").get("asked", asked) == asked
    )


def _recorded_precision(run: RunFolder) -> str:
    segments = run.read("provenance.json").get("segments", [])
    return str(segments[-1]["precision"]) if segments else "auto"


def _refuse_programs(protocol: DictConfig, run: RunFolder) -> None:
    """A checksum that came with a run trusts nothing: whoever made the run made both."""
    for key, node in targets(OmegaConf.to_container(protocol), "protocol"):
        target = resolve_target(node[TARGET], key)
        if isinstance(target, type) and issubclass(target, TorchScriptMetric) and node.get("weights"):
            raise UserError(
                f"{key} of run {run.id} is computed by a TorchScript program, {node['weights']}, which is not run on "
                "the word of a recorded configuration; give protocol=<a file or name of your own> that states its "
                "sha256."
            )


def _place(folder: RunFolder, name: str, runs: Path) -> Path:
    """Where an evaluation is written: into the run's folder, or beside one's own runs where that is somebody else's."""
    place = folder.path / "evaluations" / name
    if can_write(place) or not folder.path.exists():
        return place
    own = runs / "evaluations" / folder.id / name
    say(f"{folder.path} cannot be written, as it may be somebody else's: what is found goes to {own}")
    return own


def _without_training(config: DictConfig) -> DictConfig:
    """A recorded configuration without what only training needs; saved weights are the moving average already."""
    absent = {"seed": 0, "data": None, "degradation": None, "protocol": None}
    config = cast(DictConfig, OmegaConf.merge(absent, config))
    config.players, config.losses = {}, {}
    config.engine.compile, config.engine.ema = [], None
    return config


def _experiment_of(weights: Path, task: str | None) -> DictConfig:
    """That of weights which no run of ours made: what the task brings along that their network is of."""
    description = describe(None, weights)
    network = load_network(description, weights)
    defaults = task_defaults(_task_of(weights, task))
    if defaults.degradation is not None and "scale" in defaults.degradation:
        defaults.degradation.scale = as_generator(network).scale
    experiment = {
        "name": weights.stem,
        "seed": 0,
        "networks": {"generator": description},
        "losses": {},
        "players": {},
        "data": None,
        "engine": EngineSettings(iterations=0, ema=None),
        **defaults,
    }
    return OmegaConf.create(experiment)


def _task_of(weights: Path, name: str | None) -> str:
    """The name in ``conf/tasks``, as it is given or as the file or its network tells.

    Raises:
        UserError: there is none of that name, or none that the network is of.
    """
    known = dict(known_tasks())
    if name is None:
        target = task_of_weights(weights)
        name = next((option for option, task in known.items() if task == target), None)
        if name is None:
            raise UserError(f"weights={weights}: its network is of no task; give task=<one of {', '.join(known)}>.")
    elif name not in known:
        raise UserError(f"task={name}: there is no such task; {suggestion(name, known)}")
    return name


def scored_precision(recorded: str, machine: DictConfig) -> str:
    """What ``machine.precision=auto`` means here: that of the recorded scores, where this device has it."""
    on_this_device = recorded != "16-mixed" or device_kind(machine) == "cuda"
    return recorded if machine.precision == "auto" and on_this_device else machine.precision


def evaluate(config: DictConfig) -> dict[str, dict[str, float]]:
    """Scores a run or a file of weights, and the baselines; writes ``evaluations/<name>`` in its folder.

    Raises:
        UserError: the run, the weights, the protocol, a baseline or the data is at fault.
    """
    refuse_absent_device(config.machine)
    evaluation = evaluation_of(config)
    folder, experiment = evaluation.folder, evaluation.experiment
    lint(
        OmegaConf.create({key: experiment[key] for key in ("task", "protocol", "degradation", "data")}),
        {"task": TASK_SUPPLIED, "data": ("loading",)},
    )
    task = evaluation.task()
    task.protocol = build(experiment.protocol, "protocol")
    _refuse_overridden_cases(task.protocol, config.overrides)
    if config.compare_to is not None:
        task.compare_to = tuple(config.compare_to)
    task.chosen_baselines()
    data = build_data(experiment.data, config.machine, config.paths)
    if isinstance(data, DataModule):
        data.only_scored = config.data is not None
    task.ask(data, with_baselines=True)
    task.refuse_unfit(data, "test")  # what does not fit, before the first clip is scored
    show_data(data)
    if evaluation.trained is not None and config.data is not None:
        _warn_of_trained(data, build_data(evaluation.trained, config.machine, config.paths))
    out = evaluation.place
    with RunFolder(out).written():
        out.mkdir(parents=True, exist_ok=True)
    config.machine.precision = scored_precision(evaluation.precision, config.machine)
    tracker = _tracker(config, evaluation)
    showcase = Showcase(out, task.shown, tracker)
    task.watchers.append(showcase.watch)
    trainer = build_trainer(config.machine, [showcase], [], default_root_dir=out)
    with tracked(tracker):
        trainer.test(task, datamodule=data, verbose=False)
        scores = dict(task.scores)
        if tracker is not None:
            baselines = {method: row for method, row in scores.items() if method != MODEL}
            tracker.summarize(flat_scores(scores[MODEL], baselines))
    if trainer.is_global_zero:
        (out / "per_clip.csv").unlink(missing_ok=True)
        Table(out / "per_clip.csv").append(task.rows)
        protocol = experiment.protocol
        result = {"protocol": protocol.name, "follows": protocol.follows, "weights": str(evaluation.weights)}
        result["asked"] = _asked(experiment, config)
        write_json(
            out / "scores.json", {**result, "fingerprint": fingerprint(code_of(experiment)), "scores": task.scores}
        )
        show_scores(folder.id, scores.pop(MODEL), scores, described(task.protocol))
        say(f"protocol {protocol.name}: {protocol.follows}")
        say(f"written to {out}")
    return task.scores


def _refuse_overridden_cases(protocol: Protocol, overrides: Sequence[str]) -> None:
    """
    Raises:
        UserError: the degradation is overridden, and the protocol has cases of its own.
    """
    cases = [name.removeprefix("_") for name, case in protocol.cases.items() if name and case.degradation is not None]
    if cases and any(text.startswith("degradation.") for text in overrides):
        raise UserError(
            f"overrides: {protocol.name} has cases of its own, {', '.join(cases)}; choose another protocol to change "
            "the degradation."
        )


def _warn_of_trained(given: LightningDataModule, trained: LightningDataModule) -> None:
    """Says which of the clips that are scored have trained the run, as far as those are still here."""
    if not isinstance(given, ClipDataModule) or not isinstance(trained, ClipDataModule) or not trained.root.exists():
        return
    seen = {file.path.resolve() for source in trained.splits.train for file in files(source)}
    clips = [source.name for source in given.splits.test if seen & {file.path.resolve() for file in files(source)}]
    if clips:
        logger.warning(
            "%d of %d clips have trained this run (%s): they do not tell how it does on new ones",
            len(clips),
            len(given.splits.test),
            ", ".join(clips[:8]),
        )


def _name(option: DictConfig) -> str:
    """What a data set is called: the folder it lies in, or the class that makes it, as of any other option."""
    return slug(Path(option.root).resolve().name) if "root" in option else str(option._target_).rpartition(".")[2]


def _tracker(config: DictConfig, evaluation: Evaluation) -> WandbTracker | None:
    """The evaluation's own W&B run: its experiment, on this machine."""
    if config.tracking.mode == "disabled":
        return None
    whole = evaluation.experiment.copy()
    for key in (key for key in MACHINE_HALF if key in config):
        whole[key] = config[key]
    arguments = run_arguments(whole, evaluation.folder, evaluation.name)
    return WandbTracker({**arguments, "dir": str(evaluation.place)}, config.tracking)
