"""Where submitted code runs: behind bubblewrap on Linux, or, if an instructor says so, nowhere safe.

A sandbox here is a command line. It starts a Python that sees the system, this environment and the package `deqlib`
read-only, no network, no file of the course's repository or of anybody's home, and no variable of our environment.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import deqlib
from deqlib.course.chapter import CourseError

__all__ = ["Kind", "Sandbox", "find"]

Kind = Literal["bubblewrap", "none"]

_PACKAGE = Path(deqlib.__file__).resolve().parent
_INSIDE = "/opt/deq"  # where the package is bound, so that nothing beside it in a repository is seen
_COVERED = ("/tmp", "/home/student", "/dev")  # where a submission has folders of its own; see `inside.namespaces`
_SYSTEM = ["/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/bin", "/usr/local/lib"]
_SYSTEM += ["/lib", "/lib32", "/lib64", "/libx32", "/bin", "/usr/share/zoneinfo", "/usr/share/fonts"]
_SYSTEM += ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts"]


@dataclass(frozen=True)
class Sandbox:
    """A way to start the server that submissions are forked from.

    Attributes:
        kind: the tool; `none` protects nothing.
    """

    kind: Literal["bubblewrap", "none"]

    @property
    def nested(self) -> bool:
        """Whether each submission gets namespaces of its own, so that one server can serve many."""
        return self.kind == "bubblewrap"

    @property
    def as_nobody(self) -> bool:
        """Whether submissions run as nobody, which only root can arrange; else as the user who grades."""
        return self.nested and os.geteuid() == 0

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs this environment's Python inside."""
        start = [*_bubblewrap(), _place(sys.executable)] if self.nested else [sys.executable]
        return [*start, "-P", *arguments]

    def environment(self, folder: str) -> dict[str, str]:
        """All variables that the server has; what it writes goes to `folder`, where it has none of its own."""
        if self.nested:
            return _environment(_INSIDE, "/home/student", "/tmp")
        return _environment(str(_PACKAGE.parent), folder, folder)


def find(kind: Kind = "bubblewrap") -> Sandbox:
    """Find a sandbox that works here.

    Args:
        kind: the tool to use; `none` grades without protection.

    Raises:
        CourseError: it is not installed or cannot run, with what would help.
    """
    if kind == "none":
        return Sandbox("none")
    if (problem := _problem()) is not None:
        raise CourseError(
            f"no sandbox: {problem}. Install bubblewrap (apt install bubblewrap, dnf install bubblewrap), or grade "
            "with --unsafe: submitted code then runs with your rights, and can read solutions and change grades"
        )
    return Sandbox("bubblewrap")


# --------------------------------------------------------------------------------------------------------------------
# Bubblewrap

# The steps of a submission, without what takes time to import.
_TRIAL = f"""
import importlib.util, os, runpy, sys
names = runpy.run_path("{_INSIDE}/deqlib/course/inside/namespaces.py")
names["isolate"](1 << 20, sys.argv[1] == "True")
seen = [importlib.util.find_spec(name) for name in ("deqlib", "torch", "IPython", "wave")]
print("unreadable" if None in seen else "", flush=True)
os._exit(0)
"""


@functools.cache
def _problem() -> str | None:
    """Why bubblewrap cannot be used, or None."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    try:
        command = [*_bubblewrap(), _place(sys.executable), "-P", "-c", _TRIAL, str(os.geteuid() == 0)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run here ({error})"
    if ran.stdout.strip() == "unreadable":
        return f"submissions run as nobody, who may not read the environment at {sys.prefix} (chmod -R a+rX would do)"
    if ran.returncode != 0:
        said = (ran.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return f"bwrap is installed, but this system refuses what it needs ({said})"
    return None


def _bubblewrap() -> list[str]:
    command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # The server has rights in its own namespaces, so that it can make further ones; no submission has any.
    # Root needs no user namespace for that, and must not be in one, to be able to run submissions as nobody.
    command += ["--cap-add", "ALL"]
    command += [] if os.geteuid() == 0 else ["--unshare-user", "--uid", "0", "--gid", "0"]
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for path in _SYSTEM:
        command += _bind(Path(path))
    for prefix in dict.fromkeys((sys.base_prefix, sys.exec_prefix, sys.prefix)):
        command += [] if prefix in ("/usr", "/usr/local") else _open_bind(prefix, _place(prefix))
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/home", "--dir", "/home/student"]
    command += _open_bind(str(_PACKAGE), f"{_INSIDE}/deqlib")
    # Bubblewrap's own root and /dev could be written to otherwise, and what is left there would outlive a submission.
    command += ["--remount-ro", "/dev", "--remount-ro", "/"]
    environment = _environment(_INSIDE, "/home/student", "/tmp")
    command += [word for key, value in environment.items() for word in ("--setenv", key, value)]
    return [*command, "--chdir", "/home/student", "--"]


def _place(path: str) -> str:
    """Where a part of this environment is found inside: where it is, unless a submission's own folders cover that."""
    return f"/opt{path}" if any(Path(path).is_relative_to(folder) for folder in _COVERED) else path


def _bind(path: Path) -> list[str]:
    """Bind a path where it is; a link, as /lib is on many systems, stays a link."""
    if path.is_symlink():
        return [*_above(path), "--symlink", str(path.readlink()), str(path)]
    return _open_bind(str(path), str(path)) if path.exists() else []


def _open_bind(source: str, target: str) -> list[str]:
    """Bind a folder in folders that everybody may enter, nobody too."""
    return [*_above(Path(target)), "--ro-bind", source, target]


def _above(path: Path) -> list[str]:
    return [word for folder in reversed(path.parents[:-1]) for word in ("--dir", str(folder))]


def _environment(package: str, home: str, scratch: str) -> dict[str, str]:
    return {
        "HOME": home, "TMPDIR": scratch, "PYTHONPATH": package, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        "USER": "student", "LOGNAME": "student", "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "agg", "MPLCONFIGDIR": f"{scratch}/matplotlib", "IPYTHONDIR": f"{scratch}/ipython",
        # A server that forks must be a single thread, and the course counts on one thread anyhow.
        "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
