"""Runs submissions in a sandbox, one after the other, whatever they do.

    with Runner(find()) as runner:
        ran = runner.run(work, seed)

A cell that takes the student's process down, or does not end, is left out and named; the rest runs again without it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil

from deqlib.course.chapter import CourseError
from deqlib.course.grading.sandbox import Sandbox
from deqlib.course.grading.server import Server
from deqlib.course.grading.submission import Lost, Submission, plain
from deqlib.course.grading.work import Cell, Limits, Outcome, Ran, Work

__all__ = ["Runner"]

_SERVER_TRIES = 3
_ALL_OUTPUT_CHARS = 1_000_000  # of all cells together: they end in a page and a notebook


class Runner:
    """A warm server in its sandbox, for one submission after the other; use it from the thread that entered it.

    Args:
        sandbox: where submissions run.
        limits: what one submission may use.

    Raises:
        CourseError: the server does not start, on entering.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits = Limits()) -> None:  # noqa: B008
        self.sandbox, self.limits = sandbox, limits
        self._server: Server | None = None

    def __enter__(self) -> Runner:
        self._server = Server(self.sandbox, self.limits)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def run(self, work: Work, seed: int) -> Ran:
        """Run a submission's cells in order, and every test in a fork of them.

        Args:
            work: what `rebuild` made.
            seed: what the probes draw their inputs from; new for each run.

        Returns:
            One outcome for each test, whatever the student's code did. `remark` says what kept cells from running.
        """
        run = _Run(work, seed, self.limits)
        failures = 0
        while not run.done:
            try:
                with self._submission() as submission:
                    run.through(submission)
            except (CourseError, OSError) as error:
                failures += 1
                if failures == _SERVER_TRIES:
                    run.give_up(f"the sandbox does not start: {error}")
        return run.ran()

    @contextlib.contextmanager
    def _submission(self) -> Iterator[Submission]:
        """A fresh submission's process; a server that died, or cannot serve twice, is started again."""
        if self._server is None or not self._server.alive or (self._server.served and not self.sandbox.nested):
            self.__exit__()
            self._server = Server(self.sandbox, self.limits)
        server = self._server
        try:
            submission = Submission(server, self.limits)
        except (OSError, EOFError, psutil.Error):
            self.__exit__()
            raise CourseError("its first process did not start") from None
        try:
            yield submission
        finally:
            submission.end()


class _Run:
    """Where one submission stands: what ran, what is left out, what came of the tests."""

    def __init__(self, work: Work, seed: int, limits: Limits) -> None:
        self.work, self.seed, self.limits = work, seed, limits
        self.skip: set[str] = set()
        self.done = False
        self.outcomes: dict[str, Outcome] = {}
        self.outputs: dict[str, str] = {}
        self.remarks: list[str] = []
        self.began = time.monotonic()

    def through(self, submission: Submission) -> None:
        """Run what has not run; return early, not `done`, when the submission's process was lost."""
        for cell in self.work.cells:
            if cell.id in self.skip or cell.id in self.outcomes:
                continue
            left = self.began + self.limits.seconds - time.monotonic()
            if left <= 0:
                return self.give_up(f"ran out of time: all cells together may take {self.limits.seconds:g} s")
            try:
                self._cell(submission, cell, min(self.limits.cell_seconds, left))
            except Lost as lost:
                return self._leave_out(cell, lost)
            finally:
                self._print(cell.id, submission.output())
        self.done = True
        return None

    def _print(self, name: str, text: str) -> None:
        left = max(0, _ALL_OUTPUT_CHARS - sum(map(len, self.outputs.values())))
        self.outputs[name] = plain(text, min(self.limits.output_chars, left))

    def _cell(self, submission: Submission, cell: Cell, seconds: float) -> None:
        if cell.kind == "test":
            test = submission.test(cell.source, self.work.tests[cell.id].probe, self.seed, seconds)
            for outcome in test:  # the first is what counts; after it the process may still be lost
                self.outcomes[cell.id] = replace(outcome, message=plain(outcome.message, 2000))
        else:
            submission.cell(cell.source, cell.kind == "ours", seconds)

    def _leave_out(self, cell: Cell, lost: Lost) -> None:
        if cell.kind == "test":
            self.outcomes.setdefault(cell.id, Outcome(lost.state, message=str(lost)))
        else:
            self.skip.add(cell.id)
            self.remarks.append(f"cell {cell.id} was left out: {lost}")

    def give_up(self, why: str) -> None:
        """Run nothing more."""
        self.remarks.append(why)
        self.done = True

    def ran(self) -> Ran:
        """What became of it."""
        outcomes = {name: self.outcomes.get(name, Outcome("not run")) for name in self.work.tests}
        seconds = time.monotonic() - self.began
        return Ran(self.seed, outcomes, self.outputs, "; ".join(self.remarks), seconds, lost=bool(self.skip))
