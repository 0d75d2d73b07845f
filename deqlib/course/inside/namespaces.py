"""Put a process into Linux namespaces of its own, with nothing writable but throw-away folders, and no privilege.

The order matters. Mounts need the rights of the namespace that the sandbox's tool made, so they come first. A further
user namespace takes these rights away for good, and has its own keyrings; in it no other one can be made.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import re
import resource
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["isolate", "limit"]

_NEW_NS, _NEW_CGROUP, _NEW_UTS, _NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PID, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 1 << 12, 1 << 14, 1 << 18
_FLAGS = {"nosuid": 2, "nodev": 4, "noexec": 8, "noatime": 1 << 10, "nodiratime": 1 << 11, "relatime": 1 << 21}
_OF_THE_MACHINE = ("/sys", "/run")
_OF_THE_TOOL = ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
_SET_DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAPABILITY_VERSION = 4, 24, 38, 0x20080522
_JOIN_SESSION_KEYRING = 1
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
_NOBODY = 65534


class _Libc:
    """Calls of the C library that raise OSError."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)

    def __call__(self, name: str, *arguments: Any) -> int:
        result = int(getattr(self._library, name)(*arguments))
        if result == -1:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")
        return result

    def mount(self, kind: bytes, target: bytes, flags: int, options: bytes | None = None) -> None:
        """Mount a fresh file system of a kind."""
        devices = 0 if kind == b"devpts" else _NODEV
        self("mount", kind, target, kind, _NOSUID | devices | flags, options)


def isolate(folder_bytes: int, as_nobody: bool, hidden: Iterable[str] = (), container: bool = False) -> None:
    """Return in a child that is the first process of fresh namespaces; the caller's process waits for it and ends.

    The child has no network, its own /proc, /tmp, home and /dev/shm, no capability, and cannot be looked into.

    Args:
        folder_bytes: what each of its writable folders may hold.
        as_nobody: whether it becomes the user 65534, which only root can ask for; else it stays who it is.
        hidden: files that the child finds empty.
        container: whether a container's tool made what is mounted, and left some of it writable.

    Raises:
        OSError: the system refuses one of the steps.
    """
    libc = _Libc()
    processes = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    libc("unshare", _NEW_NS | _NEW_CGROUP | _NEW_UTS | _NEW_IPC | _NEW_PID | _NEW_NET)
    (child_waits, release), (parent_waits, unshared) = os.pipe(), os.pipe()
    if (child := os.fork()) != 0:
        os.close(unshared)
        os.close(child_waits)
        if os.read(parent_waits, 1):
            _map_user(processes, child, as_nobody)
            os.close(release)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
    for fd in (processes, parent_waits, release):
        os.close(fd)
    libc("mount", None, b"/", None, _REC | _PRIVATE, None)
    if container:
        _close(libc)
    for file in hidden:
        libc("mount", b"/dev/null", file.encode(), None, _BIND, None)
    writable = _mounts(libc, folder_bytes)
    _forget_keys(libc)
    libc("unshare", _NEW_USER)
    os.write(unshared, b"!")
    os.close(unshared)
    os.read(child_waits, 1)
    os.close(child_waits)
    _write(writable, "sys/user/max_user_namespaces", "0")
    os.close(writable)
    _drop(libc)


def _close(libc: _Libc) -> None:
    """Make everything that is mounted read-only, and cover what says something of the machine."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        target, options = line.split()[4:6]
        flags = sum(_FLAGS.get(option, 0) for option in options.split(","))
        # Spaces and the like stand there as octal numbers.
        path = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), os.fsencode(target))
        libc("mount", None, path, None, _REMOUNT | _BIND | _RDONLY | flags, None)
    for file in _OF_THE_TOOL:
        if os.path.isfile(file):
            libc("mount", b"/dev/null", file.encode(), None, _BIND, None)
    for folder in _OF_THE_MACHINE:
        if os.path.isdir(folder):
            libc.mount(b"tmpfs", folder.encode(), _RDONLY | _NOEXEC, b"mode=0555,size=4k")


def _map_user(processes: int, child: int, as_nobody: bool) -> None:
    """Say who the child's user 1000 is outside; without root's rights that can only be the one who says it."""
    user, group = (_NOBODY, _NOBODY) if as_nobody else (os.geteuid(), os.getegid())
    if not as_nobody:
        _write(processes, f"{child}/setgroups", "deny")
    _write(processes, f"{child}/gid_map", f"1000 {group} 1")
    _write(processes, f"{child}/uid_map", f"1000 {user} 1")


def _mounts(libc: _Libc, folder_bytes: int) -> int:
    """Mount what the submission writes into, and /proc; return a writable /proc that it will not see."""
    options = b"mode=0777,nr_inodes=20000,size=%d" % folder_bytes
    for target in (b"/tmp", b"/home/student", b"/dev/shm"):
        libc.mount(b"tmpfs", target, 0, options)
    # What `!command` needs; all that a machine has would otherwise be had by one submission.
    libc.mount(b"devpts", b"/dev/pts", _NOEXEC, b"newinstance,ptmxmode=0666,mode=0620,max=16")
    libc.mount(b"proc", b"/proc", _NOEXEC)
    writable = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    # Student code finds /proc read-only: some of its files can be written by their owner without any capability.
    libc.mount(b"proc", b"/proc", _NOEXEC | _RDONLY)
    os.chdir("/home/student")
    return writable


def _forget_keys(libc: _Libc) -> None:
    """Leave the session keyring of whoever grades, which may hold tickets, for an empty one."""
    if (number := _KEYCTL.get(platform.machine())) is not None:
        try:
            libc("syscall", number, _JOIN_SESSION_KEYRING, None)
        except OSError as error:
            # A kernel without keyrings, or a container that forbids them, to the submission too.
            if error.errno not in (errno.ENOSYS, errno.EPERM):
                raise


def _drop(libc: _Libc) -> None:
    """Become the mapped user, for good and without a capability."""
    with contextlib.suppress(PermissionError):  # denied where an ordinary user made the map
        os.setgroups([])
    os.setresgid(1000, 1000, 1000)
    os.setresuid(1000, 1000, 1000)
    libc("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    with contextlib.suppress(OSError):  # at the first number that this kernel does not know
        for capability in range(64):
            libc("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
    libc("capset", struct.pack("=II", _CAPABILITY_VERSION, 0), bytes(24))
    libc("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def limit(memory_bytes: int, file_bytes: int, processes: int | None) -> None:
    """Bound what one process may take; `processes` counts those of the user in this user namespace."""
    bounds = {resource.RLIMIT_FSIZE: file_bytes, resource.RLIMIT_NOFILE: 256, resource.RLIMIT_CORE: 0}
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        bounds[resource.RLIMIT_AS] = now + memory_bytes
    if processes is not None:
        bounds[resource.RLIMIT_NPROC] = processes
    for kind, value in bounds.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _write(folder: int, path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
