"""The adversarial engine: how any GAN here is trained, whatever it makes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from vidgan.data.clip import Clip
from vidgan.engine.counting import count_from, count_iteration, forget_loops, mute_optimizers
from vidgan.engine.ema import average_of
from vidgan.engine.hardware import seed_generators
from vidgan.engine.health import Balance, NonFinitePolicy, Panel
from vidgan.engine.optimization import (
    build_optimizer,
    channels_last,
    clip_gradients,
    deferred_update,
    gradient_norm,
)
from vidgan.engine.parallel import Reducers, refuse_unsupported
from vidgan.engine.players import Player, Role, assign_parameters
from vidgan.engine.scene import Condition, Judged, Made, Opinion, Scene
from vidgan.engine.scoring import ScoredModule
from vidgan.engine.segments import Segment, detached, segments
from vidgan.engine.terms import Term
from vidgan.errors import UserError
from vidgan.randomness import mix


@dataclass(frozen=True)
class EngineSettings:
    """How the game is played, beside who plays it.

    Attributes:
        iterations: length of the training; one iteration is one global batch, whoever moves in it.
        accumulate: chunks a device's batch is cut into; gradients add up over them.
        tbptt: frames after which back-propagation through time is cut off, see :mod:`vidgan.engine.segments`; none
            goes through whole clips.
        ema: decay of the generator's moving average in [0, 1), see :mod:`vidgan.engine.ema`; none turns it off.
        compile: names of networks to compile with ``torch.compile``.
        channels_last: whether 2-D convolutions compute channels-last.
        log_every: iterations between two rows of the logs.
        give_up_after: non-finite updates in a row of one player that end the training.
    """

    iterations: int
    accumulate: int = 1
    tbptt: int | None = None
    ema: float | None = 0.999
    compile: tuple[str, ...] = ()
    channels_last: bool = True
    log_every: int = 50
    give_up_after: int = 50

    def __post_init__(self) -> None:
        """
        Raises:
            UserError: a count that divides the batch or the clip is not positive, or the decay is out of range.
        """
        for name, count in (("accumulate", self.accumulate), ("tbptt", self.tbptt)):
            if count is not None and count < 1:
                raise UserError(f"engine.{name}={count}: it must be 1 or more.")
        if self.ema is not None and not 0 <= self.ema < 1:  # also not a number
            raise UserError(f"engine.ema={self.ema}: a decay is at least 0 and below 1; null turns the average off.")


@dataclass
class _Move:
    """A player at work: what Lightning made of its optimizer, and what it may change."""

    player: Player
    parameters: list[nn.Parameter]
    optimizer: Any = None
    schedule: LRScheduler | None = None
    balance: Balance | None = None
    norm: Tensor | None = field(default=None)


class AdversarialTask(ScoredModule, ABC):
    """Alternating optimization of a generator side and any number of discriminators.

    A subclass says what the generator is given (:meth:`condition`), what it makes (:meth:`generate`) and what each
    discriminator judges (:meth:`judged`). One iteration is: one forward pass of the generator side, its players' steps,
    then a step of each discriminator on the same (detached) frames, as in SRGAN and BasicSR.

    Args:
        networks: by name; players own their parameters.
        players: by name.
        terms: the generator side's losses by name; adversarial ones train their discriminator too.
        settings: how the game is played.
        seed: what everything drawn in training follows from.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        players: Mapping[str, Player],
        terms: Mapping[str, Term],
        settings: EngineSettings,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.networks = nn.ModuleDict(networks)
        self.terms = dict(terms)  # not registered: a frozen VGG does not belong into checkpoints
        self.settings = settings
        if settings.tbptt is not None and type(self).proceed is AdversarialTask.proceed:
            raise UserError(f"engine.tbptt={settings.tbptt}: {type(self).__name__} carries no memory; remove it.")
        self.seed = seed
        self.player_parameters = assign_parameters(self.networks, players)
        self._moves = {
            name: _Move(
                player, self.player_parameters[name], balance=Balance(player.balance) if player.balance else None
            )
            for name, player in players.items()
        }
        generators = {prefix.split(".")[0] for p in players.values() if p.role is Role.GENERATOR for prefix in p.owns}
        if settings.channels_last:
            for network in self.networks.values():
                channels_last(network)
        self.averages = nn.ModuleDict(
            {name: average_of(self.networks[name], settings.ema) for name in sorted(generators)}
            if settings.ema is not None
            else {}
        )
        for name in settings.compile:
            self.networks[name].compile()
        self.reducers = Reducers()
        self.panel = Panel()
        self.nonfinite = NonFinitePolicy(settings.give_up_after)

    # What a task says --------------------------------------------------------------------------------------------

    @abstractmethod
    def condition(self, clip: Clip) -> Condition:
        """What the generator is given, made of a batch of clips."""

    @abstractmethod
    def generate(self, condition: Any) -> Made:
        """What the generator side makes of it."""

    def proceed(self, condition: Any, state: Any) -> Made:
        """What it makes of the next segment of a clip, given the :attr:`Made.state` of the one before."""
        raise NotImplementedError(f"{type(self).__name__} has no memory to carry over")

    def target(self, clip: Clip) -> Tensor:
        """The real frames that the made ones are compared with."""
        return clip.frames

    def judged(self, discriminator: str, scene: Scene) -> Judged:
        """What a discriminator is shown; by default real and fake frames alone."""
        return Judged(real=scene.real, fake=scene.fake)

    def auxiliary(self, player: str, scene: Scene) -> Tensor:
        """The loss of an auxiliary player."""
        raise NotImplementedError(f"{type(self).__name__} has no auxiliary player '{player}'")

    def made_and_real(self, clip: Clip) -> tuple[Condition, Tensor, Tensor]:
        condition = self.condition(clip)
        return condition, self.generate(condition).fake, self.target(clip)

    def network(self, name: str) -> nn.Module:
        """A network: the one that trains in training, its moving average (where there is one) elsewhere."""
        if not self.training and name in self.averages:
            return self.average(name)
        return self.networks[name]

    def average(self, name: str) -> nn.Module:
        """The network whose weights are the moving average of a generator's."""
        average = self.averages[name].module
        assert isinstance(average, nn.Module)
        return average

    # One iteration -----------------------------------------------------------------------------------------------

    @property
    def iteration(self) -> int:
        """Iterations done: the one count of training, checkpoints, logs and plots."""
        return self.trainer.global_step

    def training_step(self, batch: Clip, batch_idx: int) -> None:
        iteration = self.iteration
        mute_optimizers(self.trainer)
        # For dropout and the like.
        seed_generators(mix(self.seed, "network", iteration, self.global_rank), self.device)
        parts = segments(batch, self.settings.accumulate, self.settings.tbptt)
        scenes = self._generator_moves(iteration, parts)
        for name, move in self._moves.items():
            if move.player.moves(iteration) and move.player.role is not Role.GENERATOR:
                self._other_moves(name, move, iteration, scenes)
        for move in self._moves.values():
            if move.schedule is not None and move.player.active(iteration):
                move.schedule.step()
        for name, average in self.averages.items():
            average.update_parameters(self.networks[name])  # type: ignore[operator]
        count_iteration(self.trainer)
        self._log_panel()

    def _generator_moves(self, iteration: int, parts: Sequence[Segment]) -> list[Scene]:
        moving = {
            name: move
            for name, move in self._moves.items()
            if move.player.role is Role.GENERATOR and move.player.moves(iteration)
        }
        self._freeze_all_but(moving)
        scenes, finite = [], torch.ones((), dtype=torch.bool, device=self.device)
        state: Any = None
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            with torch.set_grad_enabled(bool(moving)), self.reducers.reducing(tuple(moving), last) as run:
                scene, loss = run(partial(self._play, part, state, iteration, bool(moving)))
                if loss is not None:
                    self.manual_backward(loss / len(parts))
                    finite &= torch.isfinite(loss.detach())
            state = detached(scene.made.state)
            scenes.append(scene.detach())
        for name, move in moving.items():
            with deferred_update(self._scaler, defer=name != next(reversed(moving))):
                self._step(name, move, finite, iteration)
        return scenes

    def _play(self, part: Segment, state: Any, iteration: int, moving: bool) -> tuple[Scene, Tensor | None]:
        """Makes the frames, and where a generator moves, the weighted sum of the loss terms that count now."""
        condition = self.condition(part.clip)
        made = self.generate(condition) if part.first else self.proceed(condition, state)
        scene = Scene(part.clip, condition, self.target(part.clip), made)
        if not moving:
            return scene, None
        total = torch.zeros((), device=self.device)
        for name, term in self.terms.items():
            if term.counts(iteration) and term.weight != 0 and not (term.judged and not self._plays(term, iteration)):
                value = self.evaluate(term, scene)
                self.panel.add(f"loss/{name}", value)
                total = total + term.weight * value
        self.panel.add("loss/generator", total)
        return scene, total

    def _plays(self, term: Term, iteration: int) -> bool:
        """Whether the term's discriminator has started: an untrained one has no opinion worth hearing."""
        return any(
            move.player.judge == term.discriminator and move.player.active(iteration)
            for move in self._moves.values()
            if move.player.role is Role.DISCRIMINATOR
        )

    def evaluate(self, term: Term, scene: Scene) -> Tensor:
        """The unweighted value of a term, 0-dimensional."""
        arguments = scene.arguments(term.wants, lambda side: self._opinion(term.discriminator, side, scene))
        return term.function(**arguments)

    def _opinion(self, discriminator: str, side: str, scene: Scene) -> Opinion:
        """A discriminator's opinion on one side of a scene, asked once; of the real side it carries no gradient."""
        key = (discriminator, side)
        if key not in scene.opinions:
            judged = self.judged(discriminator, scene)
            with torch.set_grad_enabled(torch.is_grad_enabled() and side == "fake"):
                logits, features = self.networks[discriminator](
                    getattr(judged, side), **judged.context, return_features=True
                )
            scene.opinions[key] = Opinion(logits, features)
        return scene.opinions[key]

    def _other_moves(self, name: str, move: _Move, iteration: int, scenes: Sequence[Scene]) -> None:
        """A step of a discriminator or an auxiliary player on the frames just made."""
        self._freeze_all_but({name: move})
        finite = torch.ones((), dtype=torch.bool, device=self.device)
        for index, scene in enumerate(scenes):
            with self.reducers.reducing((name,), index == len(scenes) - 1) as run:
                if move.player.role is Role.AUXILIARY:
                    loss = run(partial(self.auxiliary, name, scene))
                else:
                    loss = run(partial(self._verdict, name, move, iteration, scene))
                if loss is None:
                    return
                self.manual_backward(loss / len(scenes))
                finite &= torch.isfinite(loss.detach())
            self.panel.add(f"loss/{name}", loss)
        self._step(name, move, finite, iteration)

    def _verdict(self, name: str, move: _Move, iteration: int, scene: Scene) -> Tensor | None:
        """A discriminator's own loss on one scene; None while it is too far ahead to move, or no term trains it."""
        player, network = move.player, self.networks[move.player.judge]
        trained_by = [term for term in self.terms.values() if term.trains(player.judge) and term.counts(iteration)]
        if not trained_by:
            return None
        judged = self.judged(player.judge, scene)
        real = network(judged.real, **judged.context)
        fake = network(judged.fake, **judged.context)
        self.panel.opinion(name, real, fake)
        if move.balance is not None and not move.balance.update(real, fake):
            return None
        total = torch.zeros((), device=self.device)
        for term in trained_by:
            total = total + term.loss.discriminator(real_logits=real, fake_logits=fake)  # type: ignore[operator]
        for key, penalty in player.penalties.items():
            if iteration % penalty.every == 0:
                value = penalty.penalty(
                    lambda frames: network(frames, **judged.context), judged.real, judged.fake, scene.clip.randomness
                )
                self.panel.add(f"{name}/{key}", value)
                total = total + penalty.weight * penalty.every * value
        return total

    # Updates -----------------------------------------------------------------------------------------------------

    def _freeze_all_but(self, moving: Mapping[str, _Move]) -> None:
        for name, move in self._moves.items():
            wanted = name in moving
            if move.parameters and move.parameters[0].requires_grad != wanted:
                for parameter in move.parameters:
                    parameter.requires_grad_(wanted)

    def _step(self, name: str, move: _Move, finite: Tensor, iteration: int) -> None:
        """One optimizer step, unless the loss or the gradient is not finite on any rank."""
        move.norm = None
        if self._scaler is None:
            move.norm = gradient_norm(move.parameters)
            finite = finite & torch.isfinite(move.norm)
        if self.nonfinite.accepts(finite, name, iteration):
            move.optimizer.step()  # calls on_before_optimizer_step, after a scaler has unscaled
            if move.norm is not None:
                self.panel.add(f"gradient/{name}", move.norm)
        move.optimizer.zero_grad(set_to_none=True)

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Clips true gradients: Lightning calls this after a scaler has unscaled them."""
        move = next(m for m in self._moves.values() if m.optimizer is not None and m.optimizer.optimizer is optimizer)
        if move.norm is None:
            move.norm = gradient_norm(move.parameters)
        if move.player.clip is not None:
            clip_gradients(move.parameters, move.norm, move.player.clip)

    @property
    def _scaler(self) -> Any:
        return getattr(self.trainer.precision_plugin, "scaler", None)

    def configure_optimizers(self) -> Any:
        refuse_unsupported(self.trainer.strategy)
        scaled = self._scaler is not None
        optimizers, schedules = [], []
        for move in self._moves.values():
            optimizer = build_optimizer(move.player, move.parameters, scaled)
            optimizers.append(optimizer)
            if move.player.schedule is not None:
                schedules.append(move.player.schedule(optimizer))
        return optimizers, schedules

    def on_fit_start(self) -> None:
        """Ties optimizers and schedules to the players, and counts on from a restored checkpoint."""
        optimizers = self.optimizers(use_pl_optimizer=True)
        optimizers = optimizers if isinstance(optimizers, list) else [optimizers]
        schedules = {id(config.scheduler.optimizer): config.scheduler for config in self.trainer.lr_scheduler_configs}
        for move, optimizer in zip(self._moves.values(), optimizers, strict=True):
            move.optimizer = optimizer
            move.schedule = schedules.get(id(optimizer.optimizer))
        for term in self.terms.values():
            term.loss.to(self.device).requires_grad_(False)
        self.panel.to(self.device)
        count_from(self.trainer, self._restored_iteration)

    # Checkpoints -------------------------------------------------------------------------------------------------

    _restored_iteration = 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        forget_loops(checkpoint)
        checkpoint["panel"] = self.panel.state_dict()
        checkpoint["nonfinite"] = self.nonfinite.state_dict()
        checkpoint["balance"] = {name: move.balance.value for name, move in self._moves.items() if move.balance}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._restored_iteration = checkpoint["global_step"]
        self.panel.load_state_dict(checkpoint["panel"])
        self.nonfinite.load_state_dict(checkpoint["nonfinite"])
        for name, value in checkpoint["balance"].items():
            balance = self._moves[name].balance
            if balance is not None:
                balance.value = value

    # Logs --------------------------------------------------------------------------------------------------------

    def _log_panel(self) -> None:
        if self.iteration % self.settings.log_every != 0 and self.iteration != self.settings.iterations:
            return
        row = self.panel.read()
        for name, move in self._moves.items():
            row[f"rate/{name}"] = move.optimizer.optimizer.param_groups[0]["lr"]
            if move.balance is not None:
                row[f"{name}/balance"] = move.balance.value
        row["skipped_updates"] = float(self.nonfinite.total)
        self.latest = row
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=self.iteration)
