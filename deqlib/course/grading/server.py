"""Starts the inside's server in a sandbox, and hands it what each submission needs."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from typing import Any

from deqlib.course.chapter import CourseError
from deqlib.course.grading.sandbox import Sandbox
from deqlib.course.grading.work import Limits
from deqlib.course.inside.wire import ANSWER, send

__all__ = ["Server"]

_START_SECONDS = 120  # torch from a cold disk, on a machine with other work


class Server:
    """A running server, which has imported torch and forks for each submission.

    Args:
        sandbox: where it runs.
        limits: what one submission may use.

    Raises:
        CourseError: it does not start.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self.sandbox, self.served = sandbox, 0
        # Only without a sandbox is anything written here; a grader that is killed then leaves nothing behind.
        self._folder = "/" if sandbox.nested else tempfile.mkdtemp(prefix="deq-grade-")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # not a pipe, which would fill up unread
        try:
            self._process, self._link = sandbox.start(self._folder, limits, self._said, _START_SECONDS)
        except OSError as error:
            raise CourseError(f"the sandbox's server does not start: {self._last_words() or error}") from None
        self._link.settimeout(_START_SECONDS)
        try:
            if len(self._link.recv(ANSWER.size)) < ANSWER.size:
                raise EOFError
        except (OSError, EOFError):
            said = self.stop()
            raise CourseError(f"the sandbox's server does not start: {said or 'it says nothing'}") from None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def fork(self, options: dict[str, Any], fds: tuple[int, int, int]) -> None:
        """Have a keeper forked that holds the other ends of keeper's link, shell's link and output."""
        self.served += 1
        box = self.sandbox
        where = {"nested": box.nested, "as_nobody": box.as_nobody, "container": box.container}
        send(self._link, {**options, **where}, fds)

    def stop(self) -> str:
        """End it; return the last line of what it said on its error stream."""
        self._link.close()
        self.sandbox.stop(self._process)
        return self._last_words()

    def _last_words(self) -> str:
        said = ""
        with self._said, contextlib.suppress(OSError):
            self._said.seek(0)
            said = self._said.read()[-2000:].decode(errors="replace").strip().rpartition("\n")[2]
        if not self.sandbox.nested:
            shutil.rmtree(self._folder, ignore_errors=True)
        return said
