"""The inside of the grader: a server that has imported torch and forks a sandboxed process for each submission.

    server                  never runs student code; forks one keeper per submission, in fresh namespaces
      keeper                first process of those namespaces; ends stragglers; when it dies everything in them does
        shell               IPython: runs the cells in order
          test              a fork of the shell: visible part, then probe; its values go into a pipe to the outside

Run as a file, so that importing it needs neither nbgrader nor anything else that the sandbox does not hold. Whatever
the shell and the tests say is a claim of the student's process; `session` bounds it and judges it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
import types
from typing import Any

HEADER = struct.Struct("!BQ")
VALUES, FAILED, NOT_SOLVED = 0, 1, 2

# --------------------------------------------------------------------------------------------------------------------
# Messages: a length, then JSON; file descriptors ride along


def send(link: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send a message, and with it open files."""
    data = json.dumps(message).encode()
    head = struct.pack("!Q", len(data))
    if fds:
        socket.send_fds(link, [head], list(fds))
    else:
        link.sendall(head)
    link.sendall(data)


def receive(link: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive a message and its open files; EOFError when the other side is gone."""
    head, fds, _, _ = socket.recv_fds(link, 8, 4)
    while 0 < len(head) < 8:
        head += _some(link, 8 - len(head))
    if not head:
        raise EOFError
    size, data = struct.unpack("!Q", head)[0], b""
    while len(data) < size:
        data += _some(link, size - len(data))
    message: dict[str, Any] = json.loads(data)
    return message, fds


def _some(link: socket.socket, size: int) -> bytes:
    if not (data := link.recv(min(size, 1 << 20))):
        raise EOFError
    return data


# --------------------------------------------------------------------------------------------------------------------
# Server and keeper


def serve(link: socket.socket, nested: bool) -> None:
    """Fork a keeper for each submission that the outside sends, until the outside is gone."""
    pristine = _preload()
    gc.collect()
    gc.freeze()
    send(link, {"ready": True})
    while True:
        try:
            message, (keeper, shell, output) = receive(link)
        except EOFError:
            return
        if (child := os.fork()) == 0:
            link.close()
            with contextlib.suppress(BaseException):
                _enter(keeper, shell, output, message, nested, pristine)
            os._exit(1)
        for fd in (keeper, shell, output):
            os.close(fd)
        os.waitpid(child, 0)


def _preload() -> dict[str, Any]:
    """Import once what every submission needs; return the names that a probe gets from us."""
    import torch
    from IPython.core.interactiveshell import InteractiveShell  # noqa: F401
    from matplotlib import font_manager, pyplot  # noqa: F401

    import deqlib.cells  # noqa: F401
    from deqlib import plots, widgets  # noqa: F401
    from deqlib.course import check

    torch.set_num_threads(1)
    torch.ones(2, 2).requires_grad_().square().sum().backward()  # type: ignore[no-untyped-call]
    return {"torch": torch, "check": _copy_of(check)}


def _copy_of(module: types.ModuleType) -> types.ModuleType:
    """A second copy of a module, registered nowhere: what is done to the first one does not reach it."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(module.__name__, module.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def _enter(
    keeper: int, shell: int, output: int, limits: dict[str, Any], nested: bool, pristine: dict[str, Any]
) -> None:
    """Become a keeper in fresh namespaces, and start the shell once the outside has seen the keeper."""
    if nested:
        _isolate(limits)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(fd, target)
    link = socket.socket(fileno=keeper)
    send(link, {"pid": os.getpid()})
    receive(link)
    _limit(limits)
    if (child := os.fork()) == 0:
        link.close()
        os.close(output)
        os.close(null)
        _Shell(socket.socket(fileno=shell), limits, pristine).run()
        os._exit(0)
    for fd in (shell, output, null):
        os.close(fd)
    _keep(link, child)
    os._exit(0)


def _limit(limits: dict[str, Any]) -> None:
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    for kind, value in (
        (resource.RLIMIT_AS, now + limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, limits["processes"]),
    ):
        resource.setrlimit(kind, (value, value))


def _keep(link: socket.socket, shell: int) -> None:
    """Reap; end stragglers when the outside says so; end with the shell."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(-1)
    link.settimeout(0.05)
    while True:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                if pid == shell:
                    return
        try:
            receive(link)
        except TimeoutError:
            continue
        except EOFError:
            return
        _sweep(shell)
        send(link, {"swept": True})


def _sweep(shell: int) -> None:
    """Kill every process below the keeper but the shell."""
    for _ in range(1000):
        others = [pid for pid in _below(os.getpid()) if pid != shell]
        if not others:
            return
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) not in (0, shell):
                pass


def _below(top: int) -> list[int]:
    """The processes that descend from one, those that are dead already left out."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    parents[int(name)] = int(parent)
    found = [top]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


# --------------------------------------------------------------------------------------------------------------------
# Namespaces

_NEW_NS, _NEW_CGROUP, _NEW_UTS, _NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PID, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REC, _PRIVATE, _DETACH = 1, 2, 4, 8, 16384, 1 << 18, 2
_CAPABILITY_VERSION, _DUMPABLE, _NO_NEW_PRIVS, _CAPBSET_DROP = 0x20080522, 4, 38, 24


def _isolate(limits: dict[str, Any]) -> None:
    """Continue in a child that is first in fresh namespaces, with its own /tmp and home, and no capability left."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: Any) -> None:
        if getattr(libc, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")

    def mount(kind: bytes, target: bytes, flags: int, options: bytes | None = None) -> None:
        call("mount", kind, target, kind, flags, options)

    call("unshare", _NEW_NS | _NEW_CGROUP | _NEW_UTS | _NEW_IPC | _NEW_PID | _NEW_NET)
    if (child := os.fork()) != 0:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
    call("mount", None, b"/", None, _REC | _PRIVATE, None)
    size = b"mode=0777,nr_inodes=20000,size=%d" % limits["file_bytes"]
    for target in (b"/tmp", b"/home/student", b"/dev/shm"):
        mount(b"tmpfs", target, _NOSUID | _NODEV, size)
    mount(b"tmpfs", b"/dev/pts", _NOSUID | _NODEV | _RDONLY, b"size=4096")
    # The uid map and one setting must be written after the last unshare, when nothing can be mounted any more;
    # student code should find /proc read-only, as the files in it belong to root, who may be the one who grades.
    mount(b"proc", b"/proc", _NOSUID | _NODEV | _NOEXEC)
    writable = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    mount(b"proc", b"/proc", _NOSUID | _NODEV | _NOEXEC | _RDONLY)
    os.chdir("/home/student")
    user, group = os.geteuid(), os.getegid()
    call("unshare", _NEW_USER)
    for path, text in (
        ("self/setgroups", "deny"), ("self/uid_map", f"1000 {user} 1"), ("self/gid_map", f"1000 {group} 1"),
        ("sys/user/max_user_namespaces", "0"),
    ):  # fmt: skip
        fd = os.open(path, os.O_WRONLY, dir_fd=writable)
        os.write(fd, text.encode())
        os.close(fd)
    os.close(writable)
    call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)  # the kernel has fewer than 64, and refuses the rest
    call("capset", struct.pack("=II", _CAPABILITY_VERSION, 0), bytes(24))
    call("prctl", _DUMPABLE, 0, 0, 0, 0)


# --------------------------------------------------------------------------------------------------------------------
# Shell and tests


class _Shell:
    """The student's process: runs cells as a notebook would, and forks for tests."""

    def __init__(self, link: socket.socket, limits: dict[str, Any], pristine: dict[str, Any]) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        config.InteractiveShell.xmode = "Plain"
        self.link, self.limits, self.pristine = link, limits, pristine
        self.shell = InteractiveShell.instance(config=config)
        self.shell.user_ns["__name__"] = "__main__"

    def run(self) -> None:
        """Do as the outside says until it is gone."""
        with contextlib.suppress(EOFError):
            while True:
                message, fds = receive(self.link)
                if fds:
                    self._fork_test(message, fds[0])
                else:
                    result = self.shell.run_cell(message["source"], store_history=True)
                    _flush()
                    self._tidy()
                    send(self.link, {"failed": not result.success})

    def _tidy(self) -> None:
        if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
            pyplot.close("all")

    def _fork_test(self, message: dict[str, Any], results: int) -> None:
        if (child := os.fork()) == 0:
            try:
                self.link.close()
                self._test(message, results)
            finally:
                _flush()
                os._exit(0)
        os.close(results)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        send(self.link, {"status": status})

    def _test(self, message: dict[str, Any], results: int) -> None:
        """Run the visible part, then the probe; write a code and what belongs to it."""
        check = self.pristine["check"]
        error: BaseException | None = None
        data = b""
        with os.fdopen(results, "wb") as file:
            try:
                result = self.shell.run_cell(message["source"], silent=False)
                error = result.error_before_exec or result.error_in_exec
                if error is None:
                    names = {**self.shell.user_ns, **self.pristine}
                    exec(compile(message["probe"], "<probe>", "exec"), names)
                    data = check.run_probe(names["probe"], message["seed"])
            except BaseException as raised:
                error = raised
            code = VALUES if error is None else NOT_SOLVED if isinstance(error, NotImplementedError) else FAILED
            data = data if error is None else _said(error).encode()
            file.write(HEADER.pack(code, len(data)) + data)


def _said(error: BaseException) -> str:
    """An error in a few words; a failed check has its own."""
    kind = type(error).__name__
    text = str(error)
    return (text if kind == "Failed" else f"{kind}: {text}")[:2000]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), nested=sys.argv[2] == "nested")
