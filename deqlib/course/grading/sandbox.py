"""Where submitted code runs: behind bubblewrap on Linux, in a container, or, if an instructor says so, nowhere safe.

A sandbox starts a Python that sees the system, this environment and the package `deqlib` read-only, no network, no
file of the course's repository or of anybody's home, and no variable of our environment.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from deqlib.course.chapter import CourseError
from deqlib.course.grading import bubblewrap, containers, places
from deqlib.course.grading.work import Limits

__all__ = ["Kind", "Sandbox", "find"]

Kind = Literal["bubblewrap", "podman", "docker", "none"]

_HELP = {
    "bubblewrap": "Install bubblewrap (apt install bubblewrap, dnf install bubblewrap)",
    "podman": "Mend that, or take another with --sandbox",
    "docker": "Mend that, or take another with --sandbox",
}


@dataclass(frozen=True)
class Sandbox:
    """A way to start the server that submissions are forked from.

    Attributes:
        kind: the tool; `none` protects nothing.
    """

    kind: Kind

    @property
    def nested(self) -> bool:
        """Whether each submission gets namespaces of its own, so that one server can serve many."""
        return self.kind != "none"

    @property
    def container(self) -> bool:
        """Whether it is a container, which leaves places writable that have to be closed for a submission."""
        return self.kind in ("podman", "docker")

    @property
    def as_nobody(self) -> bool:
        """Whether submissions run as nobody, which only root can arrange; else as the user who grades."""
        if self.kind == "podman" or self.kind == "docker":
            return containers.as_nobody(self.kind)
        return self.nested and os.geteuid() == 0

    def start(
        self, folder: str, limits: Limits, said: IO[bytes], seconds: float
    ) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """Start the server; return its process (or the tool's) and the link to it.

        Args:
            folder: where it is started, and where it writes if it has no folders of its own.
            limits: what one submission may use.
            said: gets its error stream.
            seconds: to wait for a container.

        Raises:
            OSError: the tool does not start it.
        """
        if self.kind == "podman" or self.kind == "docker":
            return containers.start(self.kind, limits, said, seconds)
        ours, theirs = socket.socketpair()
        arguments = ["-m", "deqlib.course.inside.worker", str(theirs.fileno())]
        if self.nested:
            command, variables = bubblewrap.command(*arguments), places.environment()
        else:
            command = [sys.executable, "-P", *arguments]
            variables = places.environment(str(places.PACKAGE.parent), folder, folder)
        with theirs:
            process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], cwd=folder, env=variables,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip
        return process, ours

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a server whose link is closed."""
        if self.kind == "podman" or self.kind == "docker":
            return containers.stop(self.kind, process)
        process.kill()
        process.wait()
        return None


def find(kind: Kind = "bubblewrap") -> Sandbox:
    """Find a sandbox that works here.

    Args:
        kind: the tool to use; `none` grades without protection.

    Raises:
        CourseError: it is not installed or cannot run, with what would help.
    """
    if kind == "none":
        return Sandbox("none")
    if (Path(sys.prefix) / "solutions").is_dir():
        raise CourseError(
            f"the environment {sys.prefix} is the course's own folder, and submissions must read their environment; "
            "make one in a folder of its own, as `make test` does in .venv"
        )
    problem = bubblewrap.problem() if kind == "bubblewrap" else containers.problem(kind)
    if problem is not None:
        raise CourseError(
            f"no sandbox: {problem}. {_HELP[kind]}, or grade with --unsafe: submitted code then runs with your "
            "rights, and can read solutions and change grades"
        )
    return Sandbox(kind)
