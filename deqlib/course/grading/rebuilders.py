"""Have notebooks rebuilt in processes that can be killed: a parser meets strangers' text before any sandbox does."""

from __future__ import annotations

import queue
from typing import Any

from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.grading.lines import LinesError, Process
from deqlib.course.grading.work import Cell, Test, Work

__all__ = ["Rebuilders"]

_SECONDS = 20.0  # for one notebook; a solved chapter takes a tenth of one
_START_SECONDS = 120
_MEMORY = 1 << 30  # beyond what the process itself has


class Rebuilders:
    """A few processes that rebuild notebooks, ended with the block; several threads may ask at once.

    Args:
        processes: how many; each is started at its first question.
        seconds: for one notebook.
    """

    def __init__(self, processes: int = 1, seconds: float = _SECONDS) -> None:
        self._first = {"seconds": seconds, "memory": _MEMORY}
        self._seconds = seconds
        self._idle: queue.LifoQueue[Process | None] = queue.LifoQueue()  # one that runs before one that must start
        for _ in range(processes):
            self._idle.put(None)

    def __enter__(self) -> Rebuilders:
        return self

    def __exit__(self, *_: object) -> None:
        while not self._idle.empty():
            if (process := self._idle.get()) is not None:
                process.close()

    def rebuild(self, chapter: Chapter, name: str, data: bytes) -> Work:
        """Rebuild a notebook, as `rebuilding.rebuild` does.

        Args:
            chapter: what to rebuild on.
            name: of the file, for messages.
            data: its bytes.

        Raises:
            CourseError: what is wrong with it, for the student.
            LinesError: no process can be had.
        """
        head = {"root": str(chapter.root), "chapter": chapter.name, "name": name, "size": len(data)}
        try:
            answer = self._ask(head, data)
        except LinesError:  # it may have died of something that lies in the past: a second answer counts
            answer = self._ask(head, data)
        if "work" not in answer:
            raise CourseError(str(answer["error"]))
        return _work(answer["work"])

    def _ask(self, head: dict[str, Any], data: bytes) -> Any:
        process = self._idle.get()
        try:
            process = process or Process("deqlib.course.grading.rebuild_server", self._first, _START_SECONDS)
            return process.ask(head, data, self._seconds + 40)
        except LinesError:
            if process is not None:
                process.close()
            process = None
            raise
        finally:
            self._idle.put(process)


def _work(found: dict[str, Any]) -> Work:
    cells = tuple(Cell(**cell) for cell in found["cells"])
    tests = {name: Test(**test) for name, test in found["tests"].items()}
    return Work(found["chapter"], cells, tests, tuple(found["remarks"]))
