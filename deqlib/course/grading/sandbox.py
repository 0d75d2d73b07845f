"""Where submitted code runs: behind bubblewrap on Linux, in a container, or, if an instructor says so, nowhere safe.

A sandbox here is a command line. It starts a Python that sees the system, this environment and the package `deqlib`
read-only, no network, no file of the course's repository or of anybody's home, and no variable of our environment.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import deqlib
from deqlib.course.chapter import CourseError

__all__ = ["Kind", "Sandbox", "find"]

Kind = Literal["auto", "bubblewrap", "podman", "docker", "none"]

PACKAGE = Path(deqlib.__file__).resolve().parent
INSIDE = "/opt/deq"  # where the package is bound, so that nothing beside it in a repository is seen
_SYSTEM = ["/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/bin"]
_SYSTEM += ["/lib", "/lib32", "/lib64", "/libx32", "/bin"]
_SYSTEM += ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts"]
_SYSTEM += ["/usr/share/zoneinfo", "/usr/share/fonts", "/usr/local/lib"]

ENVIRONMENT = {
    "HOME": "/home/student", "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
    "TMPDIR": "/tmp", "MPLBACKEND": "agg", "MPLCONFIGDIR": "/tmp/matplotlib", "IPYTHONDIR": "/tmp/ipython",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    # A server that forks must be a single thread, and the course counts on one thread anyhow.
    "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Sandbox:
    """A way to start the worker.

    Attributes:
        kind: the tool.
        nested: whether the worker makes fresh namespaces for each submission; else it serves one submission only.
    """

    kind: Literal["bubblewrap", "podman", "docker", "none"]

    @property
    def nested(self) -> bool:
        """Whether one worker can serve many submissions, each in namespaces of its own."""
        return self.kind == "bubblewrap"

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs this environment's Python with arguments, inside."""
        if self.kind == "bubblewrap":
            return [*_bubblewrap(), sys.executable, "-P", *arguments]
        if self.kind == "none":
            return [sys.executable, "-P", *arguments]
        raise CourseError(f"grading in {self.kind} is not written yet; use bubblewrap")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the worker sees; there are no others."""
        return ENVIRONMENT | {"PYTHONPATH": INSIDE if self.nested else str(PACKAGE.parent)}

    @property
    def worker(self) -> str:
        """The path of the worker's file inside."""
        return str((Path(INSIDE) / "deqlib" if self.nested else PACKAGE) / "course" / "grading" / "worker.py")


def find(kind: Kind = "auto") -> Sandbox:
    """Find a sandbox that works here.

    Args:
        kind: the tool to use; `auto` takes bubblewrap; `none` grades without protection.

    Raises:
        CourseError: it is not installed or cannot run, with what would help.
    """
    if kind in ("none", "podman", "docker"):
        return Sandbox(kind)
    if (problem := _problem()) is not None:
        raise CourseError(
            f"no sandbox: {problem}. Install bubblewrap (apt install bubblewrap, dnf install bubblewrap), or grade "
            "with --unsafe: submitted code then runs with your rights, and can read solutions and change grades"
        )
    return Sandbox("bubblewrap")


@functools.cache
def _problem() -> str | None:
    """Why bubblewrap cannot be used, or None."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    command = [*_bubblewrap(), sys.executable, "-c", "print(6 * 7)"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if ran.stdout.strip() != "42":
        return f"bwrap does not run here ({(ran.stderr.strip().splitlines() or ['no message'])[-1]})"
    return None


def _bubblewrap() -> list[str]:
    # The worker is root of its own user namespace so that it can make further ones; a submission gets none of that.
    # `--remount-ro`: bubblewrap's own root and /dev are writable, and what is left there would outlive a submission.
    command = ["bwrap", "--unshare-all", "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"]
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for path in _SYSTEM:
        command += _bind(Path(path))
    for prefix in dict.fromkeys((sys.base_prefix, sys.exec_prefix, sys.prefix)):
        command += [] if Path(prefix) in (Path("/usr"), Path("/usr/local")) else ["--ro-bind", prefix, prefix]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/home/student"]
    command += ["--ro-bind", str(PACKAGE), f"{INSIDE}/deqlib", "--remount-ro", "/dev", "--remount-ro", "/"]
    environment = ENVIRONMENT | {"PYTHONPATH": INSIDE}
    command += [word for key, value in environment.items() for word in ("--setenv", key, value)]
    return [*command, "--chdir", "/home/student", "--"]


def _bind(path: Path) -> list[str]:
    """Bind a path where it is; a link, as /lib is on many systems, stays a link."""
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.exists() else []
