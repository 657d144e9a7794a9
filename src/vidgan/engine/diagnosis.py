"""Whether a training that came to its end should pass for a good one."""

import math
from collections.abc import Iterator

from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.monitoring import remedies
from vidgan.engine.players import Role
from vidgan.engine.score_rows import MODEL
from vidgan.errors import UserError


def refuse_divergence(task: AdversarialTask) -> None:
    """To be asked after the test.

    Raises:
        UserError: a player left out most of its updates, or most scores are not numbers.
    """
    for name, move in task.moves.items():
        refused = task.nonfinite.refused.get(name, 0)
        if refused > move.steps:
            raise UserError(
                f"Training diverged: {refused} of {refused + move.steps} updates of player '{name}' were left out, as "
                f"their loss or gradient was not finite; {remedies(name)}."
            )
    scores = task.scores.get(MODEL, {})
    lost = [name for name, score in scores.items() if math.isnan(score)]
    if 2 * len(lost) > len(scores):  # a metric that finds nothing to measure is not a number either
        trained = next(name for name, move in task.moves.items() if move.player.role == Role.GENERATOR)
        raise UserError(f"Training diverged: {', '.join(lost)} of the test are not numbers; {remedies(trained)}.")


def idle_players(task: AdversarialTask) -> Iterator[str]:
    """One sentence for each player that was to move and never did."""
    for name, move in task.moves.items():
        if move.steps == 0 and move.player.stop != 0:
            reason = (
                f"its gate stayed closed (players.{name}.balance={move.player.balance})"
                if move.balance is not None and move.balance.value >= move.balance.limit
                else f"see players.{name}.start, stop and every, and the losses that train it"
            )
            yield f"WARNING: the player '{name}' never moved in {task.iteration} iterations: {reason}."
