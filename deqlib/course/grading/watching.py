"""What a submission's processes use together, looked at every fraction of a second, and their end.

The number of processes and the size of each are bounded by the kernel (`inside.namespaces.limit`). What they use
together it bounds only in a control group, which an ordinary user can seldom make; so it is watched from here.
"""

from __future__ import annotations

import contextlib
import signal

import psutil

from deqlib.course.grading.work import Limits

__all__ = ["Watch"]

_FREE_SHARE = 0.1  # of the machine's memory: below it, memory that belongs to no process (files in memory) runs over


class Watch:
    """Looks after a keeper and everything below it.

    Args:
        keeper: the first process.
        nested: whether everything dies with it, because it is the first of its namespaces.
        limits: what they may use.
    """

    def __init__(self, keeper: int, nested: bool, limits: Limits) -> None:
        self._keeper, self._nested, self._limits = psutil.Process(keeper), nested, limits

    def problem(self) -> str | None:
        """Why they must be ended, or None."""
        processes, most = self._all(), self._limits.memory_bytes
        if len(processes) > self._limits.processes + 2:  # the keeper and the shell are ours
            return f"it started more than {self._limits.processes} processes"
        # Resident size counts what is shared with the server once a process: too much, but quick to read.
        if sum(map(_resident, processes)) > most and sum(map(_proportional, processes)) > most:
            return f"it used more than {most >> 20} MiB of memory"
        memory = psutil.virtual_memory()
        return "the machine ran out of memory" if memory.available < _FREE_SHARE * memory.total else None

    def end(self) -> None:
        """Kill them all, and wait until they are gone."""
        processes = [self._keeper] if self._nested else self._all()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)  # after a look whether it is still the same process
        psutil.wait_procs(processes, timeout=10)

    def _all(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return [self._keeper, *self._keeper.children(recursive=True)]
        return [self._keeper]


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _proportional(process: psutil.Process) -> int:
    """A process's memory, of what it shares only its share."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):  # gone, or a system that does not say
        return _resident(process)
