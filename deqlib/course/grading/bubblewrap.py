"""The command line of bubblewrap: a Python in namespaces of its own, which `inside.namespaces` can divide further."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from deqlib.course.grading.places import HOME, TRIAL, binds, environment, links, place, unreadable

__all__ = ["command", "problem"]


def command(*arguments: str) -> list[str]:
    """Run this environment's Python inside."""
    start = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # The server has rights in its own namespaces, so that it can make further ones; no submission has any.
    # Root needs no user namespace for that, and must not be in one, to be able to run submissions as nobody.
    start += ["--cap-add", "ALL"]
    start += [] if os.geteuid() == 0 else ["--unshare-user", "--uid", "0", "--gid", "0"]
    start += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for path, target in links():
        start += [*_above(path), "--symlink", target, path]
    for source, target in binds():
        start += [*_above(target), "--ro-bind", source, target]
    start += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *_above(HOME), "--dir", HOME]
    # Bubblewrap's own root and /dev could be written to otherwise, and what is left there would outlive a submission.
    start += ["--remount-ro", "/dev", "--remount-ro", "/"]
    start += [word for key, value in environment().items() for word in ("--setenv", key, value)]
    return [*start, "--chdir", HOME, "--", place(sys.executable), "-P", *arguments]


def _above(path: str) -> list[str]:
    """Make the folders above a path so that everybody may enter them, nobody too."""
    return [word for folder in reversed(Path(path).parents[:-1]) for word in ("--dir", str(folder))]


@functools.cache
def problem() -> str | None:
    """Why bubblewrap cannot be used, or None."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    try:
        trial = command("-c", TRIAL, str(os.geteuid() == 0), "False")
        ran = subprocess.run(trial, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run here ({error})"
    if ran.stdout.strip() == "unreadable":
        return unreadable()
    if ran.returncode != 0:
        said = (ran.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return f"bwrap is installed, but this system refuses what it needs ({said})"
    return None
