"""A container of Podman or Docker for each worker, in which `inside.namespaces` gives every submission its own place.

The container shows what bubblewrap would (`places`), on an image that holds nothing but empty folders, so none has to
be built or fetched. It is reached by a socket in a folder that is bound into it: Docker hands on no open files.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, Literal

from deqlib.course.grading.places import HOME, TRIAL, binds, environment, links, place, unreadable
from deqlib.course.grading.work import Limits

__all__ = ["Tool", "as_nobody", "problem", "start", "stop"]

Tool = Literal["podman", "docker"]

_DOOR = "/run/deq"  # where the folder of the socket is bound
_SERVER_BYTES = 1 << 30  # what our own server takes; a container's limit is for it and its one submission
_SERVER_PROCESSES = 32
_TRIAL_SECONDS = 120
# Namespaces and mounts; to become another user; to give up what would allow the rest. Submissions have none of these.
_NEEDED = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP")


def as_nobody(tool: Tool) -> bool:
    """Whether submissions can become the user nobody: where a container's root is root."""
    return tool == "docker" or os.geteuid() == 0


def start(
    tool: Tool, limits: Limits, said: IO[bytes], seconds: float
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the server of submissions in a container; return the tool's process and the link to the server.

    Args:
        tool: podman or docker.
        limits: what one submission may use.
        said: gets what is written to its error stream.
        seconds: to wait for it.

    Raises:
        OSError: it does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="deq-link-") as folder, socket.socket(socket.AF_UNIX) as door:
        # Whom a container's root is outside depends on the tool; nobody else can enter the folder above.
        inner = Path(folder) / "link"
        inner.mkdir()
        door.bind(str(inner / "door"))
        inner.chmod(0o755)
        (inner / "door").chmod(0o666)
        door.listen(1)
        door.settimeout(0.2)
        command = _command(tool, _new(), limits, inner, "-m", "deqlib.course.inside.worker", f"{_DOOR}/door")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                link = door.accept()[0]
                link.settimeout(seconds)
                return process, link
    stop(tool, process)
    raise OSError("its container does not answer")


def stop(tool: Tool, process: subprocess.Popen[bytes]) -> None:
    """Wait for a container whose server has been left; if that does not end, kill it."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
        return
    command = list(map(str, process.args)) if isinstance(process.args, list) else []
    name = command[command.index("--name") + 1]
    subprocess.run([tool, "kill", name], capture_output=True, check=False)
    process.kill()
    process.wait()


@functools.cache
def problem(tool: Tool) -> str | None:
    """Why a tool cannot be used, or None."""
    if not sys.platform.startswith("linux"):
        return f"grading in containers of {tool} needs Linux"
    if shutil.which(tool) is None:
        return f"{tool} is not installed"
    try:
        if (refused := _image(tool)) is not None:
            return f"{tool} does not run here ({refused})"
        trial = _command(tool, _new(), Limits(), None, "-c", TRIAL, str(as_nobody(tool)), "True")
        ran = subprocess.run(trial, capture_output=True, text=True, timeout=_TRIAL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{tool} does not run here ({error})"
    if ran.stdout.strip() == "unreadable":
        return unreadable()
    if ran.returncode != 0:
        return f"{tool} is installed, but a container cannot do here what it must ({_last(ran.stderr)})"
    return None


def _new() -> str:
    """A name for a container, which says whose it is."""
    return f"deq-{os.getpid()}-{secrets.token_hex(8)}"


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]


# --------------------------------------------------------------------------------------------------------------------
# The container


def _command(tool: Tool, name: str, limits: Limits, door: Path | None, *arguments: str) -> list[str]:
    """Run this environment's Python inside."""
    run = [tool, "run", "--rm", "--name", name, "--pull", "never", "--log-driver", "none", "--hostname", "sandbox"]
    run += ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--workdir", HOME, "--user", "0:0"]
    run += ["--cap-drop", "ALL"]
    # A submission that does not become nobody runs as the container's root, and only this may map that user further.
    needed = _NEEDED if as_nobody(tool) else (*_NEEDED, "SETFCAP")
    run += [word for capability in needed for word in ("--cap-add", capability)]
    # A rootless container may mount /proc anew, as each submission gets it, only where nothing masks parts of it.
    whole = "unmask=ALL" if tool == "podman" else "systempaths=unconfined"
    for option in ("no-new-privileges", "label=disable", "apparmor=unconfined", whole):
        run += ["--security-opt", option]
    run += [*_limits(tool, limits), *(w for k, v in environment().items() for w in ("--env", f"{k}={v}"))]
    run += [word for source, target in binds() for word in ("--mount", _mount(source, target))]
    run += ["--mount", _mount(str(door), _DOOR)] if door is not None else []
    return [*run, _name(), place(sys.executable), "-P", *arguments]


def _mount(source: str, target: str) -> str:
    """A read-only bind as the tools read it: a line of CSV."""
    parts = ("type=bind", f"source={source}", f"target={target}", "readonly")
    return ",".join('"{}"'.format(part.replace('"', '""')) for part in parts)


def _limits(tool: Tool, limits: Limits) -> list[str]:
    """What a control group bounds, where the tool has one, and the least that others are content with."""
    words = []
    for name, kind, most in (("nofile", resource.RLIMIT_NOFILE, 1024), ("nproc", resource.RLIMIT_NPROC, 4096)):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        words += ["--ulimit", f"{name}={bound}:{bound}"]
    memory, processes = _groups(tool)
    if memory:
        room = str(limits.memory_bytes + _SERVER_BYTES)
        words += ["--memory", room, "--memory-swap", room]
    words += ["--pids-limit", str(limits.processes + _SERVER_PROCESSES)] if processes else []
    return words


@functools.cache
def _groups(tool: Tool) -> tuple[bool, bool]:
    """Whether the tool can bound memory and the number of processes: an ordinary user's Podman often cannot."""
    what = "{{.Host.CgroupControllers}}" if tool == "podman" else "{{.MemoryLimit}} {{.PidsLimit}}"
    said = subprocess.run([tool, "info", "--format", what], capture_output=True, text=True, timeout=_TRIAL_SECONDS)
    if tool == "podman":
        names = said.stdout.strip().strip("[]").split()
        return "memory" in names, "pids" in names
    answers = [*said.stdout.split(), "", ""]
    return answers[0] == "true", answers[1] == "true"


# --------------------------------------------------------------------------------------------------------------------
# The image


@functools.cache
def _archive() -> bytes:
    """An image's one layer: empty folders to bind into, and the links of the system."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for path in ("tmp", "home", HOME[1:], "dev", "etc", "opt", "proc", "run", "sys", "usr"):
            folder = tarfile.TarInfo(path)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(folder)
        for path, target in links():
            link = tarfile.TarInfo(path[1:])
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    return file.getvalue()


def _name() -> str:
    return f"localhost/deq-sandbox:{hashlib.sha256(_archive()).hexdigest()[:16]}"


def _image(tool: Tool) -> str | None:
    """See that the tool has the image; return why not, or None."""
    have = [tool, "image", "inspect", "--format", "{{.Id}}", _name()]
    if subprocess.run(have, capture_output=True, timeout=_TRIAL_SECONDS).returncode == 0:
        return None
    make = [tool, "import", "-", _name()]
    made = subprocess.run(make, input=_archive(), capture_output=True, timeout=_TRIAL_SECONDS)
    return _last(made.stderr.decode(errors="replace")) if made.returncode != 0 else None
