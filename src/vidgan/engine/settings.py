"""How the game is played, beside who plays it."""

from dataclasses import dataclass, field

from vidgan.errors import UserError
from vidgan.limits import MISSING, number, whole


@dataclass
class EngineSettings:
    """How the game is played, beside who plays it; also the schema of the configuration's ``engine``.

    Attributes:
        iterations: length of the training; one iteration is one global batch, whoever moves in it.
        accumulate: chunks a device's batch is cut into; gradients add up over them.
        tbptt: frames after which back-propagation through time is cut off, see :mod:`vidgan.engine.segments`; none
            goes through whole clips.
        ema: decay of the generator's moving average in [0, 1), see :mod:`vidgan.engine.ema`; none turns it off.
        compile: names of networks, or of parts of them, to compile, see :mod:`vidgan.engine.compilation`.
        channels_last: whether 2-D convolutions compute channels-last.
        log_every: iterations between two rows of the logs.
        give_up_after: non-finite updates in a row of one player that end the training.
    """

    iterations: int = whole(1, MISSING)
    accumulate: int = whole(1, 1)
    tbptt: int | None = whole(1, None)
    ema: float | None = number(0, 0.999, 1, open_above=True)
    compile: list[str] = field(default_factory=list)
    channels_last: bool = True
    log_every: int = whole(1, 50)
    give_up_after: int = whole(1, 50)

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
