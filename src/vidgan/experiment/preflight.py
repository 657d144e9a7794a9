"""What is checked of a configuration before any training starts, and what it would cost.

Networks are built on torch's meta device, where tensors have shapes and no contents: the largest of them takes seconds
and no memory.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from vidgan.config.callbacks import own_callbacks
from vidgan.config.instantiate import build
from vidgan.data.clip import Clip, mapped
from vidgan.data.datamodule import DataModule
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.consistency import refuse_unfed
from vidgan.engine.hardware import memory_of
from vidgan.engine.judgement import evaluate, logits
from vidgan.engine.ownership import assign_parameters
from vidgan.engine.players import Player, Role
from vidgan.engine.segments import segments
from vidgan.engine.step import Condition, Step
from vidgan.errors import UserError
from vidgan.experiment.build import (
    build_data,
    build_networks,
    build_task,
    check,
    declared,
    device_kind,
    world_size,
)
from vidgan.experiment.contradictions import contradictions
from vidgan.experiment.footprint import scoring_memory
from vidgan.experiment.readiness import (
    Weights,
    refuse_absent,
    refuse_batch_norm,
    refuse_other_parts,
    refuse_useless_data,
)

logger = logging.getLogger(__name__)

_BYTES = 4  # of a float32 number
_CLIPS_AT_ONCE = 4  # in memory while one is made: the clip, what it is degraded to, and what both are made of


@dataclass(frozen=True)
class Cost:
    """What a training takes.

    Attributes:
        parameters: numbers of them, by network.
        multiply_adds: of the forward pass of one clip, by network; the generator's side counts as ``generator``.
        memory: bytes on each device in training, an estimate; see :func:`memory`.
        scoring: bytes on each device in validation and test; see :func:`vidgan.experiment.footprint.scoring_memory`.
    """

    parameters: dict[str, int]
    multiply_adds: dict[str, int]
    memory: int
    scoring: int = 0

    @property
    def most(self) -> int:
        return max(self.memory, self.scoring)


@dataclass(frozen=True)
class _Trial:
    """What one forward pass of one clip on the meta device has told; activations are bytes kept for backward."""

    task: AdversarialTask
    multiply_adds: dict[str, int] = field(default_factory=dict)
    activations: dict[str, int] = field(default_factory=dict)


class Preflight:
    """Examines configurations; those that differ in seeds, weights and rates alone are built once."""

    def __init__(self) -> None:
        self._trials: dict[str, _Trial | UserError] = {}
        self._scorings: dict[str, int] = {}
        self._weights = Weights()
        self._looked_through: set[str] = set()

    def examine(self, config: DictConfig) -> Cost:
        """Checks a configuration.

        Raises:
            UserError: names the key at fault.
        """
        check(config)
        for problem in contradictions(config):
            raise UserError(problem)
        refuse_absent(config)
        own_callbacks(config)
        _refuse_large_batch(config)
        players = {name: declared(Player, node, f"players.{name}") for name, node in config.players.items()}
        states = {name: optimizer_states(player, name, config.engine.iterations) for name, player in players.items()}
        trial = self._trial(config)
        refuse_other_parts(config, trial.task.networks)
        refuse_batch_norm(config, trial.task.networks)
        self._weights.refuse_misfit(config, trial.task.networks)
        owned = assign_parameters(trial.task.networks, players)
        optimizers = sum(round(states[name] * sum(p.numel() for p in owned[name])) for name in players)
        cost = Cost(
            {name: count(network) for name, network in trial.task.networks.items()},
            trial.multiply_adds,
            memory(config, trial, optimizers),
            memory(config, trial, optimizers, activations=self._scoring(config, trial.task)),
        )
        if config.machine.slurm is None:
            _refuse_large(cost, memory_of(device_kind(config.machine)))
        return cost

    def _scoring(self, config: DictConfig, task: AdversarialTask) -> int:
        """Bytes that the largest piece takes which validation or test scores."""
        data = build_data(config.data, config.machine, config.paths)
        if config.protocol is None or not isinstance(data, DataModule):
            return 0
        task.protocol = build(config.protocol, "protocol")
        task.ask(data, with_baselines=True)
        task.refuse_unfit(data, "val", "test")
        piece = data.scored_piece()
        if piece is None:
            return 0
        key = f"{_architecture(config, piece)} {piece.place} {OmegaConf.to_yaml(config.protocol, resolve=True)}"
        if key not in self._scorings:
            with _named("networks.generator", piece.frames):
                self._scorings[key] = scoring_memory(task, piece, whole=data.context is None)
        return self._scorings[key]

    def _refuse_useless_data(self, data: DataModule, config: DictConfig) -> None:
        """Looks through data once: its clips are the same whatever the seed."""
        key = repr({name: value for name, value in config.data.items() if name != "seed"})
        if key not in self._looked_through:
            refuse_useless_data(data, config.machine)
            self._looked_through.add(key)

    def _trial(self, config: DictConfig) -> _Trial:
        data = build_data(config.data, config.machine, config.paths)
        if isinstance(data, DataModule):
            self._refuse_useless_data(data, config)
        clip = data.blank() if isinstance(data, DataModule) else None
        if clip is not None:
            clip = segments(clip, 1, config.engine.tbptt)[0].clip
        key = _architecture(config, clip)
        if key not in self._trials:
            try:
                self._trials[key] = _try(config, clip)
            except UserError as error:
                self._trials[key] = error
        known = self._trials[key]
        if isinstance(known, UserError):
            raise known
        return known


def _refuse_large_batch(config: DictConfig) -> None:
    """Refuses clips that the memory of this machine could not even hold, before one is made."""
    if config.machine.slurm is not None:
        return
    data, there = config.data, memory_of(device_kind(config.machine))
    patch = data.get("patch", 1)
    clip = _BYTES * 3 * data.get("frames", 1) * data.get("height", patch) * data.get("width", patch)
    batch = clip * data.get("batch_size", 1) // world_size(config.machine)
    if max(batch, _CLIPS_AT_ONCE * clip) > there:
        sizes = [key for key in ("batch_size", "frames", "patch", "height", "width") if key in data]
        told = ", ".join(f"data.{key}={data[key]}" for key in sizes)
        raise UserError(
            f"{told}: the clips alone take {batch / 1e9:,.0f} GB, and there are {there / 1e9:.0f}; give less."
        )


def _refuse_large(cost: Cost, there: int) -> None:
    """Warns of a training that this machine may be too small for, and refuses one that it is.

    Mixed precision, which the estimate does not know of, halves what is kept for the backward pass at most.
    """
    told = f"the training takes about {cost.most / 1e9:,.0f} GB on each device, and there are {there / 1e9:.0f}"
    if cost.most > 2 * there:
        raise UserError(
            f"{told}; lower data.batch_size, data.patch, data.frames, data.eval_crop or the networks' channels."
        )
    if cost.most > there:
        logger.warning("%s", told)


def optimizer_states(player: Player, name: str, iterations: int) -> float:
    """Numbers that the player's optimizer keeps for each parameter, found by one step on a stand-in.

    Args:
        player: whose.
        name: the player's.
        iterations: of the training.

    Raises:
        UserError: the optimizer or the schedule refuses its arguments, cannot be stepped, or ends before the training.
    """
    stand_in = nn.Parameter(torch.zeros(64, 64))
    stand_in.grad = torch.zeros_like(stand_in)
    try:
        optimizer = player.optimizer([stand_in])
        schedule = None if player.schedule is None else player.schedule(optimizer)
        optimizer.step()
        if schedule is not None:
            schedule.step()
    except (TypeError, ValueError, LookupError, RuntimeError) as error:
        raise UserError(f"players.{name}: its optimizer or schedule refuses its arguments ({error}).") from error
    active = min(iterations, player.stop or iterations) - player.start
    if (steps := getattr(schedule, "total_steps", active)) < active:  # it refuses each further step
        raise UserError(
            f"players.{name}.schedule ends after {steps} steps and the player is active for {active} iterations; make "
            "its length that of the training."
        )
    kept = sum(value.numel() for value in optimizer.state[stand_in].values() if isinstance(value, Tensor))
    return kept / stand_in.numel()


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def memory(config: DictConfig, trial: _Trial, optimizer_numbers: int, activations: int | None = None) -> int:
    """Bytes that training takes on a device, estimated in float32; or scoring, with the activations of that.

    Parameters, their gradients, the moving average, the optimizers' states and the larger of what the generator's side
    and what a discriminator keeps for its backward pass. Left out: the kernels' workspaces, fragmentation, the context
    of the device (hundreds of megabytes on a GPU). Mixed precision keeps about half of the activations.
    """
    networks, averages = count(trial.task.networks), count(trial.task.averages)
    clips = config.data.get("batch_size", 1) // world_size(config.machine) // config.engine.accumulate
    training = clips * max(trial.activations.values())
    return _BYTES * (2 * networks + averages + optimizer_numbers) + (training if activations is None else activations)


def _architecture(config: DictConfig, clip: Clip | None) -> str:
    """All of a configuration that shapes depend on."""
    whole: Any = OmegaConf.to_container(config, resolve=True)
    parts = {name: whole[name] for name in ("task", "networks", "degradation")}
    parts["losses"] = {name: [term["loss"], term["discriminator"]] for name, term in whole["losses"].items()}
    parts["players"] = {name: [p["role"], p["owns"], p["penalties"]] for name, p in whole["players"].items()}
    parts["data"] = None if clip is None else _shapes(clip)
    parts["average"] = whole["engine"]["ema"] is not None
    return json.dumps(parts, sort_keys=True)


def _shapes(clip: Clip) -> dict[str, Any]:
    tensors = {"frames": clip.frames, "keypoints": clip.keypoints, **clip.conditions}
    return {name: list(tensor.shape) for name, tensor in tensors.items() if tensor is not None}


def _try(config: DictConfig, clip: Clip | None) -> _Trial:
    """Builds the task on the meta device and passes one clip through all its networks and losses."""
    config = config.copy()
    config.engine.compile = []
    config.protocol = None
    with torch.device("meta"):
        networks = build_networks(config)
    trial = _Trial(build_task(config, networks))
    if clip is None:
        return _Trial(trial.task, {}, {"generator": 0})
    _refuse_patch(clip, getattr(trial.task, "scale", 1))
    with _named("task" if config.degradation is None else "degradation"):
        condition = mapped(trial.task.condition(clip), partial(Tensor.to, device="meta"))
    clip = clip.to("meta")
    with _named("networks.generator", condition):
        output, trial.multiply_adds["generator"] = _counted(lambda: trial.task.generate(condition))
    averaged = trial.task.averaged(condition, trial.task.terms)
    step = Step(clip, condition, trial.task.target(clip), output, averaged)
    if trial.task.same_size:
        _refuse_other_shape(step)
    players = {name: move.player for name, move in trial.task.moves.items()}
    refuse_unfed(trial.task.networks, players, trial.task.terms, step)
    for player in players.values():
        if player.role == Role.DISCRIMINATOR:
            _judge(trial, player.judge, step)
    with _measured(trial, "generator"):
        step = Step(clip, condition, step.real, trial.task.generate(condition), averaged)
        for name, term in trial.task.terms.items():
            term.loss.to("meta")
            with _named(f"losses.{name}", step.fake):
                evaluate(term, trial.task.networks, step)
    return trial


def _judge(trial: _Trial, name: str, step: Step) -> None:
    network = trial.task.networks[name]
    with _named(f"networks.{name}", step.fake):
        with _measured(trial, name):
            logits(network, name, step)
        _, both = _counted(lambda: logits(network, name, step))
        trial.multiply_adds[name] = both // 2


def _refuse_patch(clip: Clip, scale: int) -> None:
    patch = clip.frames.shape[-1]
    if patch % scale:
        raise UserError(f"data.patch={patch} is not a multiple of the scale, {scale}.")


def _refuse_other_shape(step: Step) -> None:
    if step.fake.shape != step.real.shape:
        made, real = (tuple(frames.shape[1:]) for frames in (step.fake, step.real))
        raise UserError(
            f"networks.generator makes clips of {made} (frames, channels, height, width), but they are compared with "
            f"{real}."
        )


@contextmanager
def _named(key: str, given: Condition | None = None) -> Iterator[None]:
    """Turns an error of a network or a loss into one that names its key and what it was given."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{key}: {error}") from error
    except (RuntimeError, ValueError, TypeError, AssertionError, AttributeError) as error:
        raise UserError(f"{key} fails{_described(given)}: {str(error).partition(chr(10))[0]}") from error


def _described(given: Condition | None) -> str:
    if given is None:
        return ""
    if isinstance(given, Tensor):
        return f" given a clip of {tuple(given.shape[1:])} (frames, channels, height, width)"
    return " given " + ", ".join(f"{name} of {tuple(tensor.shape[1:])}" for name, tensor in given.items())


@contextmanager
def _measured(trial: _Trial, name: str) -> Iterator[None]:
    """Notes the bytes that autograd keeps inside, each storage once and parameters not."""
    owned = {parameter.untyped_storage()._cdata for parameter in trial.task.parameters()}
    kept: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in owned:
            kept[storage._cdata] = storage
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        yield
    trial.activations[name] = sum(storage.nbytes() for storage in kept.values())


def _counted(compute: Callable[[], Any]) -> tuple[Any, int]:
    """What is computed, and its multiply-adds."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        result = compute()
    return result, counter.get_total_flops() // 2  # torch counts a multiply-add as two
