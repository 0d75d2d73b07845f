"""A helper process that answers questions a line at a time, and can be killed: strangers' data is looked at in it.

    ours                          its normal streams
    JSON, and perhaps bytes  -->  one line and what it says follows
    JSON                     <--  one line

It forks for each question (`in_a_fork`), with limits on time and memory; what it looks at cannot harm the grader.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any

__all__ = ["LinesError", "Process", "in_a_fork", "limit_time"]


class LinesError(Exception):
    """A process cannot be started or answers nonsense: the machine's fault, never a submission's."""


class Process:
    """One process of a module of ours, from its first line on.

    Args:
        module: what `python -m` runs.
        first: what it is told first; it answers `["ready"]`.
        seconds: to start.

    Raises:
        LinesError: it does not start.
    """

    def __init__(self, module: str, first: dict[str, Any], seconds: float) -> None:
        # -P: the folder in which the grader was called is not a place to import from.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
        )  # fmt: skip
        try:
            answer = self.ask(first, b"", seconds)
        except LinesError:
            self.close()
            raise
        if answer != ["ready"]:
            self.close()
            raise LinesError(f"a helper process is not ready: {answer}")

    def ask(self, head: dict[str, Any], data: bytes, seconds: float) -> Any:
        """Send a question and the bytes that it speaks of; return the answer.

        Raises:
            LinesError: none comes in time.
        """
        pipes = self._process
        assert pipes.stdin is not None
        assert pipes.stdout is not None
        try:
            pipes.stdin.write(json.dumps(head).encode() + b"\n" + data)
            pipes.stdin.flush()
            return json.loads(_line(pipes.stdout, seconds))
        except (OSError, ValueError) as error:
            raise LinesError(f"a helper process does not answer: {error}") from None

    def close(self) -> None:
        """End the process; what it is at ends with it or at its own limit."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what was not written has nobody to read it
                pipe.close()


def _line(pipe: IO[bytes], seconds: float) -> bytes:
    """Read a line that must come in time; the pipe is read by nobody else and holds one answer at most."""
    end, text = time.monotonic() + seconds, bytearray()
    # Not epoll: a submission that runs as the same user can take all that a user may have of it.
    with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not text.endswith(b"\n"):
            if not selector.select(max(0.0, end - time.monotonic())):
                raise ValueError(f"silent for {seconds:.0f} s")
            part = os.read(pipe.fileno(), 1 << 16)
            if not part:
                raise ValueError("it ended")
            text += part
    return bytes(text)


# --------------------------------------------------------------------------------------------------------------------
# In the process


def in_a_fork(work: Callable[[Callable[[Any], None]], None], memory: int) -> tuple[list[Any], bool]:
    """Call work(say) in a child of bounded memory; return what it said, and whether `limit_time` ended it."""
    inside, outside = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inside)

        def say(what: Any) -> None:
            with open(outside, "wb", closefd=False) as file:
                file.write(json.dumps(what).encode() + b"\n")

        with contextlib.suppress(BaseException):
            _limit_memory(memory)
            work(say)
        os._exit(0)
    os.close(outside)
    with os.fdopen(inside, "rb") as file:
        said = [json.loads(line) for line in file if line.endswith(b"\n")]
    _, status = os.waitpid(child, 0)
    return said, os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM


def limit_time(seconds: float) -> None:
    """End this process when the time is up, wherever it is then: nothing catches the alarm."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(memory: int) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # macOS and Windows have no such limit
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
