"""Bytes between the outside and the inside of the sandbox.

What the outside says is JSON with a length before it, and open files may ride along. What comes back has a fixed size
(`ANSWER`, `HEAD`), so that the outside has nothing to parse: a student's process may be the one that answers.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

__all__ = ["ANSWER", "FAILED", "HEAD", "NOT_SOLVED", "SIZE", "VALUES", "receive", "send"]

SIZE = struct.Struct("!Q")
ANSWER = struct.Struct("!q")  # from the shell: a number that says how it went
HEAD = struct.Struct("!BQ")  # from a test: a code, and the size of what follows
VALUES, FAILED, NOT_SOLVED = 0, 1, 2


def send(link: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send a message, and with it open files."""
    data = json.dumps(message).encode()
    if fds:
        socket.send_fds(link, [SIZE.pack(len(data))], list(fds))
        link.sendall(data)
    else:
        link.sendall(SIZE.pack(len(data)) + data)


def receive(link: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive a message and its open files; for the inside, which trusts the outside.

    Raises:
        EOFError: the other side is gone.
    """
    head, fds, _, _ = socket.recv_fds(link, SIZE.size, 4)
    while len(head) < SIZE.size:
        head += _some(link, SIZE.size - len(head))
    size, data = SIZE.unpack(head)[0], bytearray()
    while len(data) < size:
        data += _some(link, size - len(data))
    message: dict[str, Any] = json.loads(data)
    return message, fds


def _some(link: socket.socket, size: int) -> bytes:
    if not (data := link.recv(min(size, 1 << 20))):
        raise EOFError
    return data
