"""The outside's ends of one submission's process: sends cells in, takes bytes out, and believes nothing it is told.

It decides which test is running, gives that test alone a pipe to write into, reads no more from it than the limits
allow, and measures time itself. Answers have a fixed size, so there is nothing to parse before a judge looks.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import asdict

from deqlib.course.grading.server import Server
from deqlib.course.grading.watching import Watch
from deqlib.course.grading.work import Limits, Outcome, State
from deqlib.course.inside.wire import ANSWER, FAILED, HEAD, NOT_SOLVED, VALUES, send

__all__ = ["Lost", "Submission", "plain"]

_PRINTED_MOST = 16 << 20  # bytes that one cell may print before it is ended; far above what anybody reads
_GRACE = 10.0  # seconds for what is our own code in there: to start, to end stragglers, to answer
_TICK = 0.2

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Lost(Exception):
    """The submission's process is gone, or had to be ended; says why, and what that makes of a running test."""

    def __init__(self, state: State, why: str) -> None:
        super().__init__(why)
        self.state: State = state


class Submission:
    """One submission's keeper, shell and output.

    Args:
        server: where the keeper is forked.
        limits: what the submission may use.

    Raises:
        OSError, EOFError: the keeper did not start.
    """

    def __init__(self, server: Server, limits: Limits) -> None:
        self.limits, self._printed, self._kept, self._looked = limits, 0, bytearray(), 0.0
        with contextlib.ExitStack() as theirs:
            (self._keeper, keeper), (self._shell, shell) = socket.socketpair(), socket.socketpair()
            self._pipe, output = os.pipe()
            theirs.callback(os.close, output)
            theirs.enter_context(keeper)
            theirs.enter_context(shell)
            self._ends = contextlib.ExitStack()
            self._ends.enter_context(self._keeper)
            self._ends.enter_context(self._shell)
            self._ends.callback(os.close, self._pipe)
            os.set_blocking(self._pipe, False)
            self._keeper.settimeout(_GRACE)
            self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            try:
                server.fork(asdict(limits), (keeper.fileno(), shell.fileno(), output))
                theirs.close()
                self._watch = Watch(_sender(self._keeper), server.sandbox.nested, limits)
                self._ends.callback(self._watch.end)
            except BaseException:
                self._ends.close()
                raise
        self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        send(self._keeper, {"go": True})

    def end(self) -> None:
        """End every process of the submission and close what led to them."""
        self._ends.close()

    def cell(self, source: str, ours: bool, seconds: float) -> None:
        """Run a cell, ours or the student's; what it prints or raises is in the output.

        Raises:
            Lost: the process did not survive the cell.
        """
        self._say({"source": source, "ours": ours})
        self._answer(self._shell, seconds, f"it did not end within {seconds:g} s")

    def test(self, source: str, probe: str, seed: int, seconds: float) -> Iterator[Outcome]:
        """Run a test in a fork of the shell; yield its outcome, then see that the shell is well.

        Raises:
            Lost: the process did not survive the test.
        """
        self._sweep()  # what cells since the last test have left behind shall not help this one
        results, theirs = os.pipe()
        try:
            try:
                self._say({"source": source, "probe": probe, "seed": seed}, (theirs,))
            finally:
                os.close(theirs)
            outcome = self._outcome(results, seconds)
        finally:
            os.close(results)
        if outcome is not None:
            yield outcome
        self._sweep()
        status = self._answer(self._shell, _GRACE, "the process did not go on after this test")
        if outcome is None:
            yield Outcome("killed" if status == -9 else "crashed", message=_ended(status))

    def output(self) -> str:
        """What was printed since the last call."""
        with contextlib.suppress(Lost):
            self._drain()
        text = self._kept.decode(errors="replace")
        self._kept.clear()
        self._printed = 0
        return text

    # ----------------------------------------------------------------------------------------------------------------

    def _outcome(self, results: int, seconds: float) -> Outcome | None:
        """Read what a test writes; None if it ends without a word."""
        try:
            deadline = time.monotonic() + seconds
            head = self._read(results, HEAD.size, deadline, seconds)
            if len(head) < HEAD.size:
                return None
            code, size = HEAD.unpack(head)
            if size > self.limits.value_bytes:
                return Outcome("failed", message=f"the values take more than {self.limits.value_bytes >> 20} MiB")
            body = self._read(results, size, deadline, seconds)
        except Lost as lost:
            return Outcome(lost.state, message=str(lost))
        if len(body) < size or code not in (VALUES, FAILED, NOT_SOLVED):
            return Outcome("crashed", message="the test's process ended while it was writing")
        if code == VALUES:
            return Outcome("values", data=body)
        return Outcome("failed" if code == FAILED else "not solved", message=body.decode(errors="replace"))

    def _read(self, pipe: int, size: int, deadline: float, seconds: float) -> bytes:
        """Read `size` bytes, or fewer if the writer ends."""
        data = bytearray()
        while len(data) < size:
            self._wait(pipe, deadline, f"it did not end within {seconds:g} s")
            if not (chunk := os.read(pipe, min(size - len(data), 1 << 20))):
                break
            data += chunk
        return bytes(data)

    def _say(self, message: dict[str, object], fds: tuple[int, ...] = ()) -> None:
        self._shell.settimeout(_GRACE)
        try:
            send(self._shell, message, fds)
        except OSError:
            raise Lost("crashed", "its process is gone") from None

    def _answer(self, link: socket.socket, seconds: float, late: str) -> int:
        """Wait for an answer of fixed size. Files that a student's process may send along are not taken."""
        data, deadline = b"", time.monotonic() + seconds
        while len(data) < ANSWER.size:
            self._wait(link.fileno(), deadline, late)
            try:
                chunk = link.recv(ANSWER.size - len(data))
            except OSError:
                chunk = b""
            if not chunk:
                raise Lost("crashed", "it ended the process")
            data += chunk
        return int(ANSWER.unpack(data)[0])

    def _sweep(self) -> None:
        try:
            send(self._keeper, {"sweep": True})
        except OSError:
            raise Lost("crashed", "it ended the process") from None
        self._answer(self._keeper, _GRACE, "its processes could not be ended")

    def _wait(self, fd: int, deadline: float, late: str) -> None:
        """Wait until a file can be read, taking in what is printed, and looking at what is used.

        Raises:
            Lost: the time is over; more was printed or used than is allowed.
        """
        while True:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([fd, self._pipe], [], [], max(0.0, min(_TICK, left)))
            if self._pipe in ready:
                self._drain()
            # By the clock, also where answers come so quickly that there is nothing to wait for.
            if time.monotonic() - self._looked >= _TICK:
                self._looked = time.monotonic()
                if (problem := self._watch.problem()) is not None:
                    raise Lost("killed", problem)
            if fd in ready:
                return
            if left <= 0:
                raise Lost("timed out", late)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                if not (chunk := os.read(self._pipe, 1 << 16)):
                    return
                self._printed += len(chunk)
                if len(self._kept) < 8 * self.limits.output_chars:
                    self._kept += chunk
        if self._printed > _PRINTED_MOST:
            raise Lost("killed", f"it printed more than {_PRINTED_MOST >> 20} MiB")


def plain(text: str, most: int) -> str:
    """A student's text without colours, control characters or marks that turn the direction of writing; cut."""
    text = _COLOURS.sub("", text)
    text = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text[: 2 * most])
    return text if len(text) <= most else f"{text[:most]}\n[...]"


def _ended(status: int) -> str:
    return f"the test's process was ended by signal {-status}" if status < 0 else "the test's process ended early"


def _sender(link: socket.socket) -> int:
    """Receive a keeper's first message; return its process as the kernel names it here, whatever it says itself."""
    head, ancillary, _, _ = link.recvmsg(8, socket.CMSG_SPACE(12))
    if len(head) < 8:
        raise EOFError
    link.recv(min(struct.unpack("!Q", head)[0], 1000))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int(struct.unpack("iII", data[:12])[0])
    raise EOFError
