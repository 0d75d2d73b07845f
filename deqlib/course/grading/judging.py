"""Let a chapter's judges look at what probes brought back, in processes that can be killed and saw no student's code.

    Outcome.data (bytes)  -->  judge server: fork, look at the bytes, judge(seed, got)  -->  Verdict

The server is started once and runs the chapter's locked cells. Each submission is judged in a fork of it with limits
on time and memory: arrays are chosen by strangers, and a judge may loop as often as one of them says.
"""

from __future__ import annotations

import queue

from deqlib.course.chapter import Chapter, has_role, load_notebook
from deqlib.course.grading.lines import LinesError, Process
from deqlib.course.grading.verdicts import Verdict, plain
from deqlib.course.grading.work import Outcome, Ran, Work

__all__ = ["Judges", "JudgesError", "locked_cells"]

_MODULE = "deqlib.course.grading.judge_server"
_SECONDS = 20  # for one judgement; the slowest of the course takes about one
_START_SECONDS = 120
_MEMORY = 4 << 30  # beyond what the server itself has

_STATES = {
    "not solved": "not solved yet",
    "failed": "",
    "crashed": "the process ended while this test ran",
    "timed out": "took too long",
    "killed": "was stopped: it used more memory, processes or files than allowed",
    "not run": "did not run",
}


class JudgesError(Exception):
    """A judge server cannot be started or answers nonsense: the machine's fault, never a submission's."""


def locked_cells(chapter: Chapter) -> tuple[str, ...]:
    """The sources that a judge may rely on: the solved notebook's locked cells, in order."""
    cells = load_notebook(chapter.source).cells
    ours = (c for c in cells if c.cell_type == "code" and has_role(c, "locked"))
    return tuple(c.source for c in ours if not has_role(c, "grade") and not has_role(c, "solution"))


class Judges:
    """A few judge servers for one chapter, ended with the block; several threads may ask at once.

    Args:
        setup: the sources of `locked_cells`.
        servers: how many processes.
        seconds: for one judgement.
    """

    def __init__(self, setup: tuple[str, ...], servers: int = 2, seconds: float = _SECONDS) -> None:
        self._setup, self._seconds = setup, seconds
        self._idle: queue.LifoQueue[_Server] = queue.LifoQueue()  # one that runs before one that must start
        for _ in range(servers):
            self._idle.put(_Server(setup, seconds))

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *_: object) -> None:
        while not self._idle.empty():
            self._idle.get().close()

    def verdicts(self, work: Work, ran: Ran, seed: int, value_bytes: int) -> dict[str, Verdict]:
        """Judge all tests of a submission.

        Args:
            work: has the judges.
            ran: what came back; a test that it leaves out earns nothing.
            seed: the one that was given to the probes; what `ran` says of it does not count.
            value_bytes: a larger result is not looked at.

        Raises:
            JudgesError: no server can be had.
        """
        found: dict[str, Verdict] = {}
        asked: list[str] = []
        for name in work.tests:
            outcome = ran.outcomes.get(name, Outcome("not run"))
            if outcome.state != "values":
                message = plain(outcome.message or _STATES.get(outcome.state, ""), 2000, lines=12)
                found[name] = Verdict(outcome.state, 0.0, message)
            elif len(outcome.data) > value_bytes:
                found[name] = Verdict("wrong", 0.0, f"your values have more than {value_bytes >> 20} MB")
            else:
                asked.append(name)
        messages = self.ask(seed, [(work.tests[name].judge, ran.outcomes[name].data) for name in asked])
        for name, message in zip(asked, messages, strict=True):
            found[name] = Verdict("wrong", 0.0, message) if message else Verdict("passed", work.tests[name].points)
        return {name: found[name] for name in work.tests}

    def ask(self, seed: int, tests: list[tuple[str, bytes]]) -> list[str]:
        """Show data to judges, each by itself; an empty answer accepts it, any other says why it does not.

        Raises:
            JudgesError: no server can be had.
        """
        if not tests:
            return []
        server = self._idle.get()
        try:
            return server.ask(seed, tests)
        except JudgesError:  # it may have died of something that lies in the past: a second answer counts
            server.close()
            return server.ask(seed, tests)
        finally:
            self._idle.put(server)


class _Server:
    """One process of `judge_server.py`, started at the first question."""

    def __init__(self, setup: tuple[str, ...], seconds: float) -> None:
        self._first = {"setup": setup, "seconds": seconds, "memory": _MEMORY}
        self._seconds = seconds
        self._process: Process | None = None

    def ask(self, seed: int, tests: list[tuple[str, bytes]]) -> list[str]:
        head = {"seed": seed, "tests": [{"judge": judge, "size": len(data)} for judge, data in tests]}
        try:
            self._process = self._process or Process(_MODULE, self._first, _START_SECONDS)
            answer = self._process.ask(head, b"".join(data for _, data in tests), self._seconds * len(tests) + 20)
        except LinesError as error:
            raise JudgesError(plain(error)) from None
        if not isinstance(answer, list) or len(answer) != len(tests):
            raise JudgesError("a judge's answer is not to be understood")
        return [plain(message, 2000, lines=12) for message in answer]

    def close(self) -> None:
        """End the process; a judgement that still runs ends with it or at its own limit."""
        process, self._process = self._process, None
        if process is not None:
            process.close()
