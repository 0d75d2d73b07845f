"""The process in which judges run: locked cells once, then a fork with limits for each submission. No student code.

    in:   {"setup": [source, ...], "seconds": s, "memory": bytes}, then again and again
          {"seed": n, "tests": [{"judge": source, "size": bytes}, ...]} and the data of all tests
    out:  ["ready"], then a list with a message for each test, empty where the judge accepts its data

Each is a line of JSON.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from deqlib.course import check
from deqlib.course.grading.lines import in_a_fork, limit_time

__all__ = ["look", "main"]

_ARRAYS = 1000  # the probes of the course return at most a few dozen
_NAME = 200


def main() -> None:
    """Answer questions on the normal streams until there are no more."""
    # A print of a locked cell or a judge must not be taken for an answer.
    answers = io.FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    first = json.loads(questions.readline())
    names: dict[str, Any] = {"__name__": "notebook"}
    try:
        for source in first["setup"]:
            exec(compile(source, "<locked cell>", "exec"), names)
    except Exception as error:
        _answer(answers, [f"{type(error).__name__}: {error}"])
        return
    _answer(answers, ["ready"])
    while line := questions.readline():
        question = json.loads(line)
        tests = [(t["judge"], questions.read(t["size"])) for t in question["tests"]]
        messages: list[str] = []
        while len(messages) < len(tests):  # a fork that a test ends is followed by one for the tests after it
            messages += _in_a_fork(names, question["seed"], tests[len(messages) :], first["seconds"], first["memory"])
        _answer(answers, messages)


def _answer(file: io.FileIO, messages: list[str]) -> None:
    file.write(json.dumps(messages).encode() + b"\n")


def _in_a_fork(
    names: dict[str, Any], seed: int, tests: list[tuple[str, bytes]], seconds: float, memory: int
) -> list[str]:
    """Judge in a child process one test after the other, as far as it gets; the last message says what ended it."""

    def work(say: Callable[[str], None]) -> None:
        for source, data in tests:
            limit_time(seconds)
            say(_judge(names, source, seed, data)[:2000])

    messages, late = in_a_fork(work, memory)
    if len(messages) < len(tests):
        end = f"kept the judge busy for more than {seconds:g} s" if late else "made the judge's process end"
        messages.append(f"the values that came back {end}")
    return messages


def _judge(names: dict[str, Any], source: str, seed: int, data: bytes) -> str:
    """Judge, and turn whatever goes wrong into a sentence: nothing but the judge's silence is acceptance."""
    try:
        wrong = look(data)
        if wrong:
            return f"the values that came back could not be read: {wrong}"
        own = dict(names)
        exec(compile(source, "<judge>", "exec"), own)
        own["judge"](seed, check.unpack(data))
    except AssertionError as error:
        return str(error) or "a check of the values failed"
    except MemoryError:
        return "the values that came back took too much memory"
    except BaseException as error:
        return f"the values that came back could not be judged ({type(error).__name__}: {error})"
    return ""


def look(data: bytes) -> str:
    """Say what is wrong with bytes that should be an .npz as `check.pack` writes it; an empty answer means nothing.

    Nothing is unpacked: every member must be stored as it is, lie in the file in full, and have a header that
    describes real numbers of exactly the size that follows. So what numpy will allocate is bounded by `len(data)`.
    """
    if not data.startswith(b"PK"):
        return "no .npz"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _ARRAYS:
                return f"more than {_ARRAYS} arrays"
            if len({m.filename for m in members}) != len(members):
                return "two arrays of one name"
            if sum(m.file_size for m in members) > len(data):
                return "arrays that claim more bytes than came"
            return next((wrong for m in members if (wrong := _look_at(archive, m))), "")
    except Exception as error:  # hostile bytes; what was expected of them was said above
        return f"{type(error).__name__} while reading them"


def _look_at(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    name = member.filename
    if len(name) > _NAME or not name.endswith(".npy"):
        return "an array with a strange name"
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        return "compressed arrays"
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            return f"an array of format {version}"
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.kind not in "biuf" or dtype.hasobject:
            return f"an array of dtype {dtype}, which should be of real numbers"
        if member.file_size - file.tell() != math.prod(shape) * dtype.itemsize:
            return "an array whose size is not the one it claims"
    return ""


if __name__ == "__main__":
    main()
