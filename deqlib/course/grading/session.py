"""The outside of the sandbox: sends cells in, takes bytes out, and believes nothing that it is told.

    with Runner(find()) as runner:
        ran = runner.run(work, seed)

It decides which test is running, gives that test alone a pipe to write into, reads no more from it than the limits
allow, and measures time itself. A cell that takes the student's process down is left out, and the rest runs again.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict

from deqlib.course.chapter import CourseError
from deqlib.course.grading.sandbox import Sandbox
from deqlib.course.grading.work import Cell, Limits, Outcome, Ran, Test, Work
from deqlib.course.grading.worker import FAILED, HEADER, NOT_SOLVED, VALUES, receive, send

__all__ = ["Runner"]

_START_SECONDS = 90  # torch from a cold disk


class _Lost(Exception):
    """The submission's process is gone or does not answer; says what happened."""


class Runner:
    """A warm worker in its sandbox, for one submission after the other.

    Args:
        sandbox: where submissions run.
        limits: what one submission may use.

    Raises:
        CourseError: the worker does not start, on entering.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits = Limits()) -> None:  # noqa: B008
        self.sandbox, self.limits = sandbox, limits
        self._server: subprocess.Popen[bytes] | None = None
        self._link: socket.socket | None = None

    def __enter__(self) -> Runner:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, work: Work, seed: int) -> Ran:
        """Run a submission's cells in order and every test in a fork of them.

        Args:
            work: what `rebuild` made.
            seed: what the probes draw their inputs from; new for each run.

        Returns:
            One outcome for each test, whatever the student's code did.
        """
        run = _Run(work, seed, self.limits)
        began = time.monotonic()
        while not run.done:
            try:
                with self._submission() as submission:
                    run.through(submission)
            except (_Lost, CourseError, OSError) as error:
                if not run.skip_current():
                    run.remarks.append(f"the submission could not be run: {error}")
                    break
        return run.ran(time.monotonic() - began)

    # ----------------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        arguments = [self.sandbox.worker, str(theirs.fileno()), "nested" if self.sandbox.nested else "plain"]
        self._server = subprocess.Popen(
            self.sandbox.command(*arguments), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self.sandbox.environment | {"PATH": os.environ["PATH"]},
        )  # fmt: skip
        theirs.close()
        self._link = ours
        ours.settimeout(_START_SECONDS)
        try:
            receive(ours)
        except (OSError, EOFError):
            said = self._stop().strip().splitlines()
            raise CourseError(f"the sandbox's worker does not start: {said[-1] if said else 'no message'}") from None

    def _stop(self) -> str:
        """End the worker; return what it said on its error stream."""
        if self._link is not None:
            self._link.close()
        if self._server is None:
            return ""
        self._server.kill()
        _, said = self._server.communicate()
        self._server = None
        return said.decode(errors="replace")

    @contextlib.contextmanager
    def _submission(self) -> Iterator[_Submission]:
        if self._server is None or self._server.poll() is not None or not self.sandbox.nested:
            self._stop()
            self._start()
        assert self._link is not None
        submission = _Submission(self._link, self.limits)
        try:
            submission.start()
            yield submission
        finally:
            submission.end()


class _Run:
    """Where one submission stands: what ran, what is left out, what came of the tests."""

    def __init__(self, work: Work, seed: int, limits: Limits) -> None:
        self.work, self.seed, self.limits = work, seed, limits
        self.skip: set[int] = set()
        self.current: int | None = None
        self.done = False
        self.outcomes: dict[str, Outcome] = {}
        self.outputs: dict[str, str] = {}
        self.remarks: list[str] = []
        self.deadline = time.monotonic() + limits.seconds

    def through(self, submission: _Submission) -> None:
        """Run what has not run; `_Lost` leaves `current` at the cell that was running."""
        for place, cell in enumerate(self.work.cells):
            if place in self.skip or cell.id in self.outcomes:
                continue
            if time.monotonic() > self.deadline:
                self.remarks.append(f"ran out of time: more than {self.limits.seconds:g} s for all cells together")
                break
            self.current = place
            seconds = min(self.limits.cell_seconds, max(0.0, self.deadline - time.monotonic()))
            if cell.kind == "test":
                self._test(submission, cell, self.work.tests[cell.id], seconds)
            else:
                submission.cell(cell.source, seconds)
                self.outputs[cell.id] = submission.output()
            self.current = None
        self.done = True

    def _test(self, submission: _Submission, cell: Cell, test: Test, seconds: float) -> None:
        self.outcomes[cell.id] = submission.test(cell.source, test.probe, self.seed, seconds)
        self.outputs[cell.id] = submission.output()

    def skip_current(self) -> bool:
        """Leave out the cell that was running; False if none was."""
        if self.current is None:
            return False
        cell = self.work.cells[self.current]
        if cell.kind == "test":
            self.outcomes.setdefault(cell.id, Outcome("crashed", message="the process ended during this test"))
        self.remarks.append(f"cell {cell.id} ended the process or did not end; the rest ran without it")
        self.skip.add(self.current)
        self.current = None
        return True

    def ran(self, seconds: float) -> Ran:
        outcomes = {name: self.outcomes.get(name, Outcome("not run")) for name in self.work.tests}
        return Ran(self.seed, outcomes, self.outputs, "; ".join(self.remarks), seconds)


class _Submission:
    """The outside's ends of one submission's keeper, shell and output."""

    def __init__(self, server: socket.socket, limits: Limits) -> None:
        self.server, self.limits = server, limits
        self.pid = 0
        self.kept = bytearray()

    def start(self) -> None:
        """Have the server fork, learn the keeper's process from the kernel, and let it go on."""
        self.keeper, keeper = socket.socketpair()
        self.shell, shell = socket.socketpair()
        self.pipe, output = os.pipe()
        os.set_blocking(self.pipe, False)
        self.keeper.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.keeper.settimeout(10)
        send(self.server, asdict(self.limits), (keeper.fileno(), shell.fileno(), output))
        keeper.close()
        shell.close()
        os.close(output)
        try:
            self.pid = _sender(self.keeper)
        except (OSError, EOFError, ValueError):
            raise _Lost("its process did not start") from None
        self.keeper.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        send(self.keeper, {"go": True})

    def end(self) -> None:
        """Kill the keeper, and with it everything in its namespaces."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.keeper.close()
        self.shell.close()
        os.close(self.pipe)

    def cell(self, source: str, seconds: float) -> None:
        """Run a cell; what it raised is in its output."""
        self._say({"source": source})
        self._answer(seconds)

    def test(self, source: str, probe: str, seed: int, seconds: float) -> Outcome:
        """Run a test in a fork of the shell and read what it writes into its pipe."""
        results, theirs = os.pipe()
        try:
            try:
                self._say({"source": source, "probe": probe, "seed": seed}, (theirs,))
            finally:
                os.close(theirs)
            deadline = time.monotonic() + seconds
            data = self._read(results, deadline)
        finally:
            os.close(results)
        if data is None:
            self._sweep()
        answer = self._answer(10)
        self._sweep()
        if data is None:
            return Outcome("timed out", message=f"more than {seconds:g} s")
        return _outcome(data, answer, self.limits)

    def output(self) -> str:
        """What was printed since the last call, without what exceeds the limit."""
        self._drain()
        text = self.kept[: self.limits.output_chars].decode(errors="replace")
        if len(self.kept) > self.limits.output_chars:
            text += "\n[...]"
        self.kept.clear()
        return text

    # ----------------------------------------------------------------------------------------------------------------

    def _say(self, message: dict[str, object], fds: tuple[int, ...] = ()) -> None:
        self.shell.settimeout(10)
        try:
            send(self.shell, message, fds)
        except OSError:
            raise _Lost("its process is gone") from None

    def _answer(self, seconds: float) -> dict[str, object]:
        deadline = time.monotonic() + seconds
        while not self._wait(self.shell.fileno(), deadline):
            if time.monotonic() > deadline:
                raise _Lost(f"no end after {seconds:g} s")
        try:
            self.shell.settimeout(5)
            return receive(self.shell)[0]
        except (OSError, EOFError, ValueError):
            raise _Lost("its process is gone") from None

    def _read(self, pipe: int, deadline: float) -> bytes | None:
        """Read a header and what it announces; None if time runs out, less if the writer ends early."""
        data, want = bytearray(), HEADER.size
        while len(data) < want:
            if time.monotonic() > deadline:
                return None
            if not self._wait(pipe, deadline):
                continue
            chunk = os.read(pipe, min(want - len(data), 1 << 20))
            if not chunk:
                break
            data += chunk
            if len(data) == HEADER.size:
                want += min(HEADER.unpack(data)[1], self.limits.value_bytes + 1)
        return bytes(data)

    def _wait(self, fd: int, deadline: float) -> bool:
        """Wait a little for a file to become readable, reading what is printed meanwhile."""
        ready, _, _ = select.select([fd, self.pipe], [], [], max(0.0, min(0.2, deadline - time.monotonic())))
        if self.pipe in ready:
            self._drain()
        return fd in ready

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                chunk = os.read(self.pipe, 1 << 16)
                if not chunk:
                    return
                if len(self.kept) <= self.limits.output_chars:
                    self.kept += chunk

    def _sweep(self) -> None:
        try:
            send(self.keeper, {"sweep": True})
            receive(self.keeper)
        except (OSError, EOFError, ValueError):
            raise _Lost("its process is gone") from None


def _sender(link: socket.socket) -> int:
    """Receive a first message and return the process that sent it, as the kernel says."""
    head, ancillary, _, _ = link.recvmsg(8, socket.CMSG_SPACE(12))
    size = struct.unpack("!Q", head)[0]
    link.recv(min(size, 1000))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int(struct.unpack("iII", data[:12])[0])
    raise ValueError("no credentials")


def _outcome(data: bytes, answer: dict[str, object], limits: Limits) -> Outcome:
    if len(data) < HEADER.size:
        return Outcome("crashed", message=f"the test's process ended with status {answer.get('status')}")
    code, size = HEADER.unpack(data[: HEADER.size])
    body = data[HEADER.size :]
    if size > limits.value_bytes:
        return Outcome("failed", message=f"the values take more than {limits.value_bytes >> 20} MiB")
    if len(body) < size or code not in (VALUES, FAILED, NOT_SOLVED):
        return Outcome("crashed", message="the test's process ended while it was writing")
    if code == VALUES:
        return Outcome("values", data=body)
    return Outcome("failed" if code == FAILED else "not solved", message=body.decode(errors="replace")[:2000])
