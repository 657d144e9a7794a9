"""A rate that grows before it follows a schedule."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class WarmUp(LRScheduler):
    """The rate of any schedule, times a factor that grows in a line, 1/n, 2/n, ..., to 1 in the n-th step.

    The schedule counts from the first step on, as in BasicSR: a milestone is where it would be without.

    Args:
        optimizer: whose rate.
        iterations: n; 0 for none.
        schedule: called with the optimizer; none for a constant rate.

    Raises:
        ValueError: n is negative.
    """

    def __init__(
        self, optimizer: Optimizer, iterations: int, schedule: Callable[[Optimizer], LRScheduler] | None = None
    ) -> None:
        if iterations < 0:
            raise ValueError(f"WarmUp: iterations is {iterations}; it must be 0 or more")
        self.iterations = iterations
        self.schedule = None if schedule is None else schedule(optimizer)
        self._rates = [group["lr"] for group in optimizer.param_groups]
        super().__init__(optimizer)

    @property
    def total_steps(self) -> int:
        """Those after which the schedule refuses any more.

        Raises:
            AttributeError: it never does.
        """
        steps: int = self.schedule.total_steps  # type: ignore[union-attr]  # also where there is none
        return steps

    def get_lr(self) -> list[float | Tensor]:
        """The rates of the step at hand; moves the schedule, which goes on from its own rates."""
        if self.last_epoch > 0 and self.schedule is not None:
            for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
                group["lr"] = rate
            self.schedule.step()
            self._rates = [group["lr"] for group in self.optimizer.param_groups]
        factor = min(1, (self.last_epoch + 1) / max(1, self.iterations))
        return [factor * rate for rate in self._rates]

    def state_dict(self) -> dict[str, Any]:
        own = {name: value for name, value in super().state_dict().items() if name != "schedule"}
        return own if self.schedule is None else {**own, "schedule": self.schedule.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        own = {name: value for name, value in state_dict.items() if name != "schedule"}
        super().load_state_dict(own)
        if self.schedule is not None:
            self.schedule.load_state_dict(state_dict["schedule"])
