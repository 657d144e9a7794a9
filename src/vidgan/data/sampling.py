"""Which samples make up an iteration: functions of the iteration's number, so nothing has to be stored to resume."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from torch.utils.data import Sampler

from vidgan.errors import UserError
from vidgan.randomness import mix


class IterationSampler(Sampler[list[int]]):
    """Batches of sample numbers: iteration i holds numbers i * batch_size and on, whatever ran before.

    Each rank takes its share of every iteration, so the union over ranks depends on neither their number nor the
    iteration that training starts from.

    Args:
        batch_size: samples in an iteration, over all ranks.
        iterations: number of the last iteration + 1.
        start: asked for the first iteration whenever the sampler is iterated; Lightning does so again on some resumes.

    Raises:
        UserError: the batch does not divide among the ranks.
    """

    def __init__(
        self,
        batch_size: int,
        iterations: int,
        start: Callable[[], int] = lambda: 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        if batch_size % world_size:
            raise UserError(
                f"data.batch_size={batch_size} is the batch of all devices together and does not divide among "
                f"{world_size} devices; choose a multiple of {world_size}"
            )
        self.batch_size, self.iterations, self.start = batch_size, iterations, start
        self._share = batch_size // world_size
        self._offset = rank * self._share

    def __iter__(self) -> Iterator[list[int]]:
        for iteration in range(self.start(), self.iterations):
            first = iteration * self.batch_size + self._offset
            yield list(range(first, first + self._share))

    def __len__(self) -> int:
        return self.iterations - self.start()


def clip_of(sample: int, clips: int, seed: int) -> int:
    """Which of ``clips`` a sample shows: every clip once an epoch, in an order that is new in each."""
    epoch, position = divmod(sample, clips)
    return _epoch_order(clips, mix(seed, "order", epoch))[position]


def weighted(bounds: Sequence[float], draw: int) -> int:
    """Which clip a draw shows, of clips whose weights add up to these bounds.

    Args:
        bounds: sums of weights, up to each clip.
        draw: in [0, 2**63), all as likely.
    """
    return min(bisect_right(bounds, draw / 2**63 * bounds[-1]), len(bounds) - 1)


@lru_cache(maxsize=4)
def _epoch_order(clips: int, seed: int) -> list[int]:
    return sorted(range(clips), key=lambda clip: mix(seed, clip))
