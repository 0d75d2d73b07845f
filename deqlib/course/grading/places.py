"""What a sandbox shows: the system, this environment and the package `deqlib`, read-only, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import deqlib

__all__ = ["HOME", "INSIDE", "PACKAGE", "TRIAL", "binds", "environment", "links", "place", "unreadable"]

PACKAGE = Path(deqlib.__file__).resolve().parent
INSIDE = "/opt/deq"  # where the package is bound, so that nothing beside it in a repository is seen
HOME = "/home/student"
_COVERED = ("/tmp", HOME, "/dev")  # where a submission has folders of its own; see `inside.namespaces`
_SYSTEM = ["/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/bin", "/usr/local/lib"]
_SYSTEM += ["/lib", "/lib32", "/lib64", "/libx32", "/bin", "/usr/share/zoneinfo", "/usr/share/fonts"]
_SYSTEM += ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts"]

# The steps of a submission, without what takes time to import. Arguments: whether it becomes nobody, and whether what
# a container's tool left writable has to be closed.
TRIAL = f"""
import importlib.util, os, runpy, sys
names = runpy.run_path("{INSIDE}/deqlib/course/inside/namespaces.py")
names["isolate"](1 << 20, sys.argv[1] == "True", container=sys.argv[2] == "True")
seen = [importlib.util.find_spec(name) for name in ("deqlib", "torch", "IPython", "wave")]
print("unreadable" if None in seen else "", flush=True)
os._exit(0)
"""


def unreadable() -> str:
    """Say what a trial means that prints `unreadable`."""
    return f"submissions run as nobody, who may not read the environment at {sys.prefix} (chmod -R a+rX would do)"


def links() -> Iterator[tuple[str, str]]:
    """Give the links of the system, as /lib is on many, as (path, where it leads)."""
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            yield str(path), str(path.readlink())


def binds() -> Iterator[tuple[str, str]]:
    """Give what is bound, as (here, inside)."""
    for path in map(Path, _SYSTEM):
        if path.exists() and not path.is_symlink():
            yield str(path), str(path)
    for prefix in dict.fromkeys((sys.base_prefix, sys.exec_prefix, sys.prefix)):
        if prefix not in ("/usr", "/usr/local"):
            yield prefix, place(prefix)
    yield str(PACKAGE), f"{INSIDE}/deqlib"


def place(path: str) -> str:
    """Where a part of this environment is found inside: where it is, unless a submission's own folders cover that."""
    return f"/opt{path}" if any(Path(path).is_relative_to(folder) for folder in _COVERED) else path


def environment(package: str = INSIDE, home: str = HOME, scratch: str = "/tmp") -> dict[str, str]:
    """All variables that a server of submissions has."""
    return {
        "HOME": home, "TMPDIR": scratch, "PYTHONPATH": package, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        "USER": "student", "LOGNAME": "student", "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "agg", "MPLCONFIGDIR": f"{scratch}/matplotlib", "IPYTHONDIR": f"{scratch}/ipython",
        # A server that forks must be a single thread, and the course counts on one thread anyhow.
        "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
