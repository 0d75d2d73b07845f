"""A server that has imported torch, and forks for each submission a keeper in fresh namespaces.

    server                  never runs student code
      keeper                first process of its namespaces; ends stragglers; when it dies everything in them does
        shell               runs the submission's cells in order (`shell.py`)
          test              a fork of the shell, with a pipe to the outside
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from typing import Any

from deqlib.course.inside.calls import forbid
from deqlib.course.inside.namespaces import isolate, limit
from deqlib.course.inside.shell import Pristine, Shell, preload
from deqlib.course.inside.wire import ANSWER, receive, send

__all__ = ["serve"]


def serve(link: socket.socket) -> None:
    """Fork a keeper for each submission that the outside sends, until the outside is gone."""
    pristine = preload()
    gc.collect()
    gc.freeze()
    link.sendall(ANSWER.pack(0))
    while True:
        try:
            options, fds = receive(link)
        except EOFError:
            return
        if (child := os.fork()) == 0:
            link.close()
            try:
                keeper, shell, output = fds
                _enter(keeper, shell, output, options, pristine)
            except BaseException as error:  # said by the server's error stream, which the outside keeps
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        for fd in fds:
            os.close(fd)
        os.waitpid(child, 0)


def _enter(keeper: int, shell: int, output: int, options: dict[str, Any], pristine: Pristine) -> None:
    """Become a keeper in fresh namespaces, and start the shell once the outside has seen the keeper."""
    if options["nested"]:
        isolate(options["file_bytes"], options["as_nobody"], pristine.files, options["container"])
        forbid()
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    link = socket.socket(fileno=keeper)
    send(link, {"keeper": os.getpid()})
    receive(link)  # the outside may have put this process under further limits by now
    for fd, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(fd, target)
    for fd in (null, output):
        os.close(fd)
    limit(options["memory_bytes"], options["file_bytes"], options["processes"] if options["nested"] else None)
    if (child := os.fork()) == 0:
        link.close()
        Shell(socket.socket(fileno=shell), pristine).run()
        os._exit(0)
    os.close(shell)
    _keep(link, child, options["nested"])
    os._exit(0)


# --------------------------------------------------------------------------------------------------------------------
# Keeping


def _keep(link: socket.socket, shell: int, nested: bool) -> None:
    """Reap; end stragglers when the outside says so; return when the shell or the outside is gone."""
    link.settimeout(0.05)
    while True:
        if _reap(shell):
            return
        try:
            receive(link)
        except TimeoutError:
            continue
        except (EOFError, OSError):
            return
        _sweep(shell, nested)
        link.settimeout(5)
        link.sendall(ANSWER.pack(0))
        link.settimeout(0.05)


def _reap(shell: int) -> bool:
    """Take leave of what has died; True if the shell has."""
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            if pid == shell:
                return True
    return False


def _sweep(shell: int, nested: bool) -> None:
    """Kill every process below the keeper but the shell."""
    if nested:
        os.kill(-1, signal.SIGSTOP)  # all others at once, so that none can fork while it is looked for
    while others := [pid for pid in _below(os.getpid()) if pid != shell]:
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):
        os.kill(shell, signal.SIGCONT)


def _below(top: int) -> list[int]:
    """The processes that descend from one and are not dead."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
                if state not in b"ZX":
                    parents[int(name)] = int(parent)
    found = [top]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _link(name: str) -> socket.socket:
    """The link to the outside: an open file that was handed on, or, in a container, a socket to connect to."""
    if name.isdigit():
        return socket.socket(fileno=int(name))
    link = socket.socket(socket.AF_UNIX)
    link.connect(name)
    return link


if __name__ == "__main__":
    serve(_link(sys.argv[1]))
