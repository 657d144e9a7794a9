"""A player at work: its optimizer and schedule, the steps it has taken, and whether it may take the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from vidgan.engine.monitoring import DiscriminatorGate
from vidgan.engine.optimization import clip_gradients, gradient_norm
from vidgan.engine.players import Penalty, Player


@dataclass
class Move:
    """A player with what it may change and what Lightning made of its optimizer.

    Attributes:
        player: whose.
        parameters: those it owns.
        balance: the gate of a discriminator that pauses while it is ahead; none for all others.
        optimizer: Lightning's wrapper, from the start of the training on.
        schedule: of its rate; none where it is constant.
        steps: those that its optimizer has taken, over all resumes.
        begun: the iteration of the first of them; none before it.
        norm: L2 norm of the gradients of the step at hand; none before it is known.
    """

    player: Player
    parameters: Sequence[nn.Parameter]
    balance: DiscriminatorGate | None = None
    optimizer: Any = None
    schedule: LRScheduler | None = None
    steps: int = 0
    begun: int | None = None
    norm: Tensor | None = None

    @classmethod
    def of(cls, player: Player, parameters: Sequence[nn.Parameter]) -> "Move":
        return cls(player, parameters, DiscriminatorGate(player.balance) if player.balance is not None else None)

    def freeze(self, frozen: bool) -> None:
        """Whether backward passes leave the player's parameters out."""
        if self.parameters and self.parameters[0].requires_grad == frozen:
            for parameter in self.parameters:
                parameter.requires_grad_(not frozen)

    def due(self, penalty: Penalty) -> bool:
        """Whether the step at hand computes a lazy penalty: the first of the player's own steps, and every n-th."""
        return self.steps % penalty.every == 0

    def count(self, iteration: int) -> None:
        """Takes note of a step that was taken."""
        self.steps += 1
        if self.begun is None:
            self.begun = iteration

    def measure(self) -> Tensor:
        """The norm of the gradients as they are now, kept in :attr:`norm`."""
        self.norm = gradient_norm(self.parameters)
        return self.norm

    def clip(self) -> None:
        """Scales the measured gradients to the player's largest norm."""
        if self.player.clip is not None:
            assert self.norm is not None, "measured before"
            clip_gradients(self.parameters, self.norm, self.player.clip)

    def state_dict(self) -> dict[str, Any]:
        balance = None if self.balance is None else self.balance.value
        return {"steps": self.steps, "begun": self.begun, "balance": balance}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.steps, self.begun = state["steps"], state["begun"]
        if self.balance is not None and state["balance"] is not None:
            self.balance.value = state["balance"]
