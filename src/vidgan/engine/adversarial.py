"""The adversarial engine: how any GAN here is trained, whatever it makes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from vidgan.data.clip import Clip, mapped
from vidgan.engine.buffers import Buffers
from vidgan.engine.compilation import compile_networks, uncompiled
from vidgan.engine.consistency import refuse_inconsistent, refuse_other_networks, refuse_unaveraged, refuse_unfed
from vidgan.engine.ema import moving_averages
from vidgan.engine.global_step import count_from, count_iteration, forget_loops, mute_optimizers
from vidgan.engine.hardware import seed_generators
from vidgan.engine.judgement import evaluate, logits, penalize
from vidgan.engine.loss_terms import LossTerm, accuracies, loss_ratio
from vidgan.engine.monitoring import NonFinitePolicy, Panel, agreed
from vidgan.engine.moves import Move
from vidgan.engine.optimization import build_optimizer, channels_last, deferred_update
from vidgan.engine.ownership import assign_parameters
from vidgan.engine.parallel import Reducers, refuse_unsupported
from vidgan.engine.players import Penalty, Player, Role
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import ScoredModule
from vidgan.engine.segments import Segment, segments
from vidgan.engine.settings import EngineSettings
from vidgan.engine.step import Condition, GeneratorOutput, Step, detached
from vidgan.errors import UserError
from vidgan.randomness import mix


class AdversarialTask(ScoredModule, ABC):
    """Alternating optimization of a generator side and any number of discriminators.

    A subclass says what the generator is given (:meth:`condition`) and what it makes (:meth:`generate`). Losses,
    discriminators and penalties are given what their signatures name of the step (:class:`vidgan.engine.step.Step`).
    One iteration is: one forward pass of the generator side, its players' steps, then a step of each discriminator on
    the same (detached) frames, as in SRGAN and BasicSR.

    Args:
        networks: by name; players own their parameters.
        players: by name.
        terms: the generator side's losses by name; adversarial ones train their discriminator too.
        settings: how the game is played.
        seed: what everything drawn in training follows from.

    Attributes:
        same_size: whether what is made has the size of the real frames, pixel for pixel.
    """

    same_size: ClassVar[bool] = True

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        players: Mapping[str, Player],
        terms: Mapping[str, LossTerm],
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
        self._by_average = False  # whether training is asking what the moving average makes
        self._fed = False  # whether the first step has had all that losses, discriminators and penalties ask for
        refuse_inconsistent(self.networks.keys(), players, self.terms)
        refuse_unaveraged(self.terms, settings)
        self.player_parameters = assign_parameters(self.networks, players)
        self.moves = {name: Move.of(player, self.player_parameters[name]) for name, player in players.items()}
        generators = {prefix.split(".")[0] for p in players.values() if p.role == Role.GENERATOR for prefix in p.owns}
        if settings.channels_last:
            for network in self.networks.values():
                channels_last(network)
        self.averages = moving_averages(self.networks, sorted(generators), self.player_parameters, settings.ema)
        compile_networks(self.networks, settings.compile)
        self.reducers = Reducers()
        self.panel = Panel()
        self.nonfinite = NonFinitePolicy(settings.give_up_after)

    # What a task says --------------------------------------------------------------------------------------------

    @abstractmethod
    def condition(self, clip: Clip) -> Condition:
        """What the generator is given, made of a batch of clips."""

    @abstractmethod
    def generate(self, condition: Any) -> GeneratorOutput:
        """What the generator side makes of it."""

    def proceed(self, condition: Any, state: Any) -> GeneratorOutput:
        """What it makes of the next segment of a clip, given the :attr:`GeneratorOutput.state` of the one before."""
        raise NotImplementedError(f"{type(self).__name__} has no memory to carry over")

    def target(self, clip: Clip) -> Tensor:
        """The real frames that the made ones are compared with."""
        return clip.frames

    def auxiliary(self, player: str, step: Step) -> Tensor:
        """The loss of an auxiliary player, e.g. that of an entropy model's quantiles."""
        raise NotImplementedError(f"{type(self).__name__} has no auxiliary player '{player}'")

    def play(self, clip: Clip, memory: Any) -> Step:
        return self.played(clip, self.condition(clip), memory)

    def played(self, clip: Clip, condition: Any, memory: Any) -> Step:
        """:meth:`play`, of what the generator is given."""
        real = self.target(clip)
        if clip.piece is not None:
            real = real[:, clip.piece.new]
        with self.clocked(MODEL, real.shape[1]):
            output = self.made(condition, clip.place.new, memory)
        return Step(clip, condition, real, output)

    def made(self, condition: Any, new: slice, memory: Any) -> GeneratorOutput:
        """What the generator makes of the new frames of a piece, given its memory; with the memory after them."""
        return self.generate(condition)

    def scored_names(self, clip: Clip) -> set[str]:
        """Names of what there is when a clip such as this is scored; found by making something of it."""
        device, training = next(self.parameters()).device, self.training
        self.eval()
        with torch.no_grad():
            condition = mapped(self.condition(clip), partial(Tensor.to, device=device))
            output = self.made(condition, clip.place.new, None)
        self.train(training)
        return set(Step(clip, condition, self.target(clip), output).namespace)

    def network(self, name: str) -> nn.Module:
        """A network: the one that trains in training, its moving average (where there is one) elsewhere."""
        if name in self.averages and (self._by_average or not self.training):
            return self.average(name)
        return self.networks[name]

    def average(self, name: str) -> nn.Module:
        """The network whose weights are the moving average of a generator's."""
        average = self.averages[name].module
        assert isinstance(average, nn.Module)
        return average

    def averaged(self, condition: Any, terms: Mapping[str, LossTerm]) -> Tensor | None:
        """The frames that the moving average makes of a condition, without a gradient; None where no term asks."""
        if not any("averaged" in term.asked for term in terms.values()):
            return None
        self._by_average = True
        try:
            with torch.no_grad():
                return self.generate(condition).fake
        finally:
            self._by_average = False

    # One iteration -----------------------------------------------------------------------------------------------

    @property
    def iteration(self) -> int:
        """Iterations done: the one count of training, checkpoints, logs and plots."""
        return self.trainer.global_step

    def training_step(self, batch: Clip, batch_idx: int) -> None:
        iteration = self.iteration
        mute_optimizers(self.trainer)
        self.buffers_before.keep()
        refused = self.nonfinite.total
        # For dropout and the like.
        seed_generators(mix(self.seed, "network", iteration, self.global_rank), self.device)
        steps = self._move_generators(iteration, segments(batch, self.settings.accumulate, self.settings.tbptt))
        for name, move in self.moves.items():
            if move.player.moves(iteration):
                if move.player.role == Role.DISCRIMINATOR:
                    self._move_discriminator(name, move, iteration, steps)
                elif move.player.role == Role.AUXILIARY:
                    self._move_on(name, move, iteration, steps, partial(self.auxiliary, name))
        if self.nonfinite.total > refused:
            self.buffers_before.put_back()
        updates = {name: iteration - move.begun for name, move in self.moves.items() if move.begun is not None}
        for name, average in self.averages.items():
            average.follow(self.networks[name], updates)  # type: ignore[operator]  # a ModuleDict knows modules alone
        count_iteration(self.trainer)
        self._log_panel()  # with the rates of these steps, not of the next
        for move in self.moves.values():
            if move.schedule is not None and move.player.active(iteration):
                move.schedule.step()

    def _move_generators(self, iteration: int, parts: Sequence[Segment]) -> list[Step]:
        """Makes the frames of all chunks, and a step of each generator's player that moves; gives what was made."""
        terms = {name: term for name, term in self.terms.items() if self._counts(term, iteration)}
        moving = {
            name: move
            for name, move in self.moves.items()
            if move.player.role == Role.GENERATOR and move.player.moves(iteration) and terms
        }
        self._freeze_all_but(moving)
        steps, finite = [], torch.ones((), dtype=torch.bool, device=self.device)
        state: Any = None
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            with torch.set_grad_enabled(bool(moving)), self.reducers.reducing(tuple(moving), last) as run:
                step, loss = run(partial(self._play, part, state, terms if moving else {}))
                if moving:
                    self.manual_backward(loss / len(parts))
                    finite &= torch.isfinite(loss.detach())
            state = detached(step.output.state)
            steps.append(step.detach())
        for name, move in moving.items():
            with deferred_update(self._scaler, defer=name != next(reversed(moving))):
                self._step(name, move, finite, iteration)
        return steps

    def _move_discriminator(self, name: str, move: Move, iteration: int, steps: Sequence[Step]) -> None:
        """A step of a discriminator on the frames just made, unless no loss trains it or it is too far ahead."""
        judge = move.player.judge
        terms = [term for term in self.terms.values() if term.trains(judge) and term.counts(iteration)]
        if not terms:
            return
        if move.balance is not None:  # decided on all chunks, before any of them is learned from
            with torch.no_grad():
                sides = [logits(self.networks[judge], judge, step) for step in steps]
            if not move.balance.update(sides):
                for real, fake in sides:
                    self._log_accuracy(name, terms, real, fake)
                return
        self._move_on(name, move, iteration, steps, partial(self._verdict, name, move, terms))

    def _move_on(
        self, name: str, move: Move, iteration: int, steps: Sequence[Step], loss_on: Callable[[Step], Tensor]
    ) -> None:
        """A step of a player by its loss on the frames just made."""
        self._freeze_all_but({name: move})
        finite = torch.ones((), dtype=torch.bool, device=self.device)
        for index, step in enumerate(steps):
            with self.reducers.reducing((name,), index == len(steps) - 1) as run:
                loss = run(partial(loss_on, step))
                self.manual_backward(loss / len(steps))
            finite &= torch.isfinite(loss.detach())
            self.panel.add(f"loss/{name}", loss)
        self._step(name, move, finite, iteration)

    # Losses ------------------------------------------------------------------------------------------------------

    def _counts(self, term: LossTerm, iteration: int) -> bool:
        """Whether the term counts; not while the discriminator that it needs has not started to learn."""
        waiting = term.judged and any(
            move.player.judge == term.discriminator and iteration < move.player.start
            for move in self.moves.values()
            if move.player.role == Role.DISCRIMINATOR
        )
        return term.weight != 0 and term.counts(iteration) and not waiting

    def _play(self, part: Segment, state: Any, terms: Mapping[str, LossTerm]) -> tuple[Step, Tensor]:
        """Makes the frames, and the weighted sum of the loss terms."""
        condition = self.condition(part.clip)
        output = self.generate(condition) if part.first else self.proceed(condition, state)
        averaged = self.averaged(condition, terms if self._fed else self.terms)
        step = Step(part.clip, condition, self.target(part.clip), output, averaged)
        if not self._fed:
            refuse_unfed(self.networks, {name: move.player for name, move in self.moves.items()}, self.terms, step)
            self._fed = True
        total = torch.zeros((), device=self.device)
        for name, term in terms.items():
            value = evaluate(term, self.networks, step)
            self.panel.add(f"loss/{name}", value)
            total = total + term.weight * value
        if terms:
            self.panel.add("loss/generator", total)
        return step, total

    def _verdict(self, name: str, move: Move, terms: Sequence[LossTerm], step: Step) -> Tensor:
        """A discriminator's own loss on one step: of all terms that train it, and the penalties that are due."""
        judge = move.player.judge
        real, fake = logits(self.networks[judge], judge, step)
        self._log_accuracy(name, terms, real, fake)
        namespace = {**step.namespace, "real_logits": real, "fake_logits": fake}
        total = torch.zeros((), device=self.device)
        for term in terms:
            total = total + term.loss.discriminator(**term.asked_to_judge.of(namespace, name))
        for key, penalty in move.player.penalties.items():
            if move.due(penalty):
                value = self._penalty(penalty, judge, step)
                self.panel.add(f"{name}/{key}", value)
                total = total + penalty.weight * penalty.every * value
        return total

    def _penalty(self, penalty: Penalty, judge: str, step: Step) -> Tensor:
        with uncompiled() if self.settings.compile else nullcontext():
            return penalize(self.networks[judge], judge, penalty, step)

    # Updates -----------------------------------------------------------------------------------------------------

    def _freeze_all_but(self, moving: Mapping[str, Move]) -> None:
        for name, move in self.moves.items():
            move.freeze(name not in moving)

    def _step(self, name: str, move: Move, finite: Tensor, iteration: int) -> None:
        """One optimizer step, unless the loss or the gradient is not finite on any rank.

        A gradient scaler unscales inside the optimizer's step, and leaves it out where the gradient is not finite.
        """
        scaled = self._scaler is not None
        move.norm = None
        accepted = agreed(finite if scaled else finite & torch.isfinite(move.measure()))
        if accepted:
            move.optimizer.step()  # calls on_before_optimizer_step, after a scaler has unscaled
            assert move.norm is not None
            accepted = not scaled or agreed(torch.isfinite(move.norm))
        move.optimizer.zero_grad(set_to_none=True)
        self.nonfinite.record(accepted, name, iteration)
        if accepted:
            move.count(iteration)
            self.panel.add(f"gradient/{name}", move.norm)

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Clips true gradients: Lightning calls this after a scaler has unscaled them."""
        move = next(m for m in self.moves.values() if m.optimizer is not None and m.optimizer.optimizer is optimizer)
        if move.norm is None:
            move.measure()
        move.clip()

    @property
    def _scaler(self) -> Any:
        return getattr(self.trainer.precision_plugin, "scaler", None)

    def configure_optimizers(self) -> Any:
        refuse_unsupported(self.trainer.strategy)
        scaled = self._scaler is not None
        optimizers, schedules = [], []
        for move in self.moves.values():
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
        for move, optimizer in zip(self.moves.values(), optimizers, strict=True):
            move.optimizer = optimizer
            move.schedule = schedules.get(id(optimizer.optimizer))
        for term in self.terms.values():
            term.loss.to(self.device).requires_grad_(False)
        self.panel.to(self.device)
        self.buffers_before = Buffers(self.networks.values())
        count_from(self.trainer, self._restored_iteration)

    # Checkpoints -------------------------------------------------------------------------------------------------

    _restored_iteration = 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        forget_loops(checkpoint)
        checkpoint["panel"] = self.panel.state_dict()
        checkpoint["nonfinite"] = self.nonfinite.state_dict()
        checkpoint["players"] = {name: move.state_dict() for name, move in self.moves.items()}
        checkpoint["schedules"] = self._scheduled

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        refuse_other_networks(checkpoint, self)
        self._restored_iteration = checkpoint["global_step"]
        self.panel.load_state_dict(checkpoint["panel"])
        self.nonfinite.load_state_dict(checkpoint["nonfinite"])
        for name, move in self.moves.items():
            move.load_state_dict(checkpoint["players"][name])
        if "schedules" in checkpoint:  # Lightning goes by their order, but a longer training may have fewer
            schedules = dict(zip(checkpoint["schedules"], checkpoint["lr_schedulers"], strict=True))
            checkpoint["lr_schedulers"] = [schedules[name] for name in self._scheduled]

    @property
    def _scheduled(self) -> list[str]:
        return [name for name, move in self.moves.items() if move.player.schedule is not None]

    # Logs --------------------------------------------------------------------------------------------------------

    def _log_accuracy(self, name: str, terms: Sequence[LossTerm], real: Tensor, fake: Tensor) -> None:
        for side, share in accuracies(terms, real.detach(), fake.detach()).items():
            self.panel.add(f"{name}/accuracy_{side}", share)

    def _log_panel(self) -> None:
        if self.iteration % self.settings.log_every != 0 and self.iteration != self.settings.iterations:
            return
        row = self.panel.read()
        for name, move in self.moves.items():
            row[f"lr/{name}"] = move.optimizer.optimizer.param_groups[0]["lr"]
            if move.balance is not None:
                row[f"{name}/balance"] = move.balance.value
            if move.player.role == Role.DISCRIMINATOR:
                row |= loss_ratio(self.terms, name, move.player.judge, row)
        row["skipped_updates"] = float(self.nonfinite.total)
        self.latest = row
        for logger in self.trainer.loggers:
            logger.log_metrics(row, step=self.iteration)
