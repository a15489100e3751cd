"""The same work on many items, several at a time, in bounded memory."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def concurrently(work: Callable[[T], R], items: Iterable[T], at_once: int, stop: Event) -> Generator[R, None, None]:
    """Results as they come. What `work` raises ends it; `stop` is set then, and ends the pauses between tries.

    The first item goes alone: a wrong address or a missing right costs one request, not `at_once` of them.
    """
    waiting = iter(items)
    running: set[Future[R]] = set()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for first in islice(waiting, 1):
                yield pool.submit(work, first).result()
            running = {pool.submit(work, item) for item in islice(waiting, at_once * 2)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    yield each.result()
                running |= {pool.submit(work, item) for item in islice(waiting, len(done))}
        except BaseException:
            stop.set()
            for each in running:
                each.cancel()
            raise
