"""Forbid system calls that no notebook needs: memory that belongs to no process, and rarely used parts of the kernel.

A filter of seccomp, for this process and all below it, for good. What is forbidden fails as if the kernel lacked it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

__all__ = ["forbid"]

# Names as in the kernel's tables, with their numbers on x86-64 and on aarch64 (riscv64 has the same).
_CALLS = {
    # Memory that no limit of a process counts: files in memory, System V's segments, semaphores and queues.
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    # Parts of the kernel in which most holes were found.
    "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265), "process_vm_writev": (311, 271), "vmsplice": (278, 75),
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "riscv64": (1, 0xC00000F3)}

_GET_SECCOMP, _SET_SECCOMP, _FILTER, _SET_NO_NEW_PRIVS = 21, 22, 2, 38
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the filter's little machine
_SOCKET = (41, 198)
_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, netlink: others, as vsock, lead out of a network namespace
_OTHER_ABI = 0x40000000  # x86-64's x32: the same calls under other numbers


def forbid() -> None:
    """Forbid them from here on; nothing happens on a machine that is not in the table or knows no filters.

    Raises:
        OSError: the kernel refuses the filter.
    """
    if platform.machine() not in _MACHINES or struct.calcsize("P") != 8:
        return
    column, machine = _MACHINES[platform.machine()]
    numbers = [found[column] for found in _CALLS.values()]
    refuse = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, _OTHER_ABI), refuse]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), refuse]
    steps += [(_EQUAL, 0, 2 + len(_FAMILIES), _SOCKET[column]), (_LOAD, 0, 0, 16)]  # its first argument
    steps += [(_EQUAL, len(_FAMILIES) - k, 0, family) for k, family in enumerate(_FAMILIES)]
    steps += [(_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) == -1:
        return  # a kernel without filters
    libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
