"""Decoding, the network and encoding at the same time, in threads with short queues between them.

Decoders and encoders let go of the interpreter's lock while they work, and so does the network.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")

MOST = 4  # items that wait between two threads: frames of 8K take 100 MB each
_SECONDS = 0.1  # between two looks whether the other side has ended


class _End:
    """The last of a queue: nothing more comes, or an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[Item]) -> Generator[Item]:
    """The items, made in a thread of their own while the caller works on those before.

    An error of theirs is raised where its item would have come. A caller that ends early closes the generator, which
    ends the thread.
    """
    queue: Queue[Item | _End] = Queue(MOST)
    ended = Event()

    def make() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(queue, item, ended):
                    return
        except BaseException as error:  # raised on the other side
            end = _End(error)
        _put(queue, end, ended)

    thread = Thread(target=make, name="decoding", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        ended.set()
        thread.join()


def behind(items: Iterable[Item], work: Callable[[Item], object]) -> Iterator[None]:
    """Has ``work`` done on each item in a thread of its own, while the caller's makes the next.

    Yields:
        None for each item that was handed over. All work is done when the iterator ends; an error of it is raised at
        the next item.
    """
    queue: Queue[Item | _End] = Queue(MOST)
    ended, failed = Event(), list[BaseException]()

    def do() -> None:
        try:
            while not isinstance(item := _get(queue, ended), _End):
                work(item)
        except BaseException as error:  # raised on the other side
            failed.append(error)
            ended.set()

    thread = Thread(target=do, name="encoding", daemon=True)
    thread.start()
    try:
        for item in items:
            if not _put(queue, item, ended):
                break
            yield
        _put(queue, _End(), ended)
        thread.join()
    finally:
        ended.set()
        thread.join()
    if failed:
        raise failed[0]


def _put(queue: Queue[Item], item: Item, ended: Event) -> bool:
    """Waits for room; false where the other side has ended."""
    while not ended.is_set():
        try:
            queue.put(item, timeout=_SECONDS)
            return True
        except Full:
            continue
    return False


def _get(queue: Queue[Item | _End], ended: Event) -> Item | _End:
    """Waits for an item; what still waits when the other side ends is given up."""
    while not ended.is_set():
        try:
            return queue.get(timeout=_SECONDS)
        except Empty:
            continue
    return _End()
