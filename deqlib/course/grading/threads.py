"""Work on submissions in threads that each hold what runs them: a sandboxed process, or a line to a cluster."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

from deqlib.course.chapter import CourseError
from deqlib.course.grading import sandbox
from deqlib.course.grading.sandbox import Kind
from deqlib.course.grading.session import Runner
from deqlib.course.grading.verdicts import plain
from deqlib.course.grading.work import Limits, Ran, Work

__all__ = ["Farm", "Runs", "in_threads", "make_farm"]

T = TypeVar("T")


class Runs(Protocol):
    """What runs a submission: a `Runner` on this machine, or a cluster."""

    def run(self, work: Work, seed: int) -> Ran:
        """Run a submission's cells and probes; never raises for what the submission does."""


Farm = Callable[[], AbstractContextManager[Runs]]


@contextmanager
def make_farm(kind: Kind, limits: Limits, workers: int | None, cluster: str | None) -> Iterator[tuple[Farm, int]]:
    """Say how to make what runs submissions, and how many to make."""
    if cluster is None:
        box = sandbox.find(kind)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        yield lambda: Runner(box, limits), workers or cores
    else:
        from deqlib.course.grading.cluster import connect

        with connect(cluster, kind, limits) as (farm, threads):
            yield farm, workers or threads


def in_threads(jobs: list[T], farm: Farm, count: int, work: Callable[[Runs, T], None]) -> Iterator[T]:
    """Work on jobs in threads that each hold what runs them; yield them as they are done.

    Raises:
        CourseError: not one thread could start.
    """
    todo: queue.SimpleQueue[T] = queue.SimpleQueue()
    done: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()
    for job in jobs:
        todo.put(job)

    def thread() -> None:
        try:
            with farm() as runs:
                while True:
                    try:
                        job = todo.get_nowait()
                    except queue.Empty:
                        return
                    try:
                        work(runs, job)
                    finally:
                        done.put(job)
        except Exception as error:  # the sandbox did not start, or did not end
            done.put(error)

    # Daemons: whoever stops the grader by Ctrl-C should not wait for a submission's end.
    threads = [threading.Thread(target=thread, daemon=True) for _ in range(min(count, len(jobs)))]
    for t in threads:
        t.start()
    left, failures = len(jobs), 0
    try:
        while left:
            found = done.get()
            if isinstance(found, Exception):
                failures += 1
                if failures == len(threads):
                    raise CourseError(f"submissions cannot be run: {plain(found)}") from found
            else:
                left -= 1
                yield found
    finally:
        while not todo.empty():
            try:
                todo.get_nowait()
            except queue.Empty:
                break
        for t in threads:
            t.join(timeout=10)
