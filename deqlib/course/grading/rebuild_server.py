"""The process in which strangers' notebooks are parsed: each in a fork with limits, for a parser has no limit itself.

    in:   {"seconds": s, "memory": bytes}, then again and again
          {"root": folder, "chapter": name, "name": of the file, "size": bytes} and the notebook
    out:  ["ready"], then {"work": ...} or {"error": what to tell the student}

Each is a line of JSON. Nothing of the notebook runs here.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deqlib.course.chapter import Chapter, CourseError, as_notebook
from deqlib.course.grading.lines import in_a_fork, limit_time
from deqlib.course.grading.rebuilding import rebuild

__all__ = ["main"]


def main() -> None:
    """Answer questions on the normal streams until there are no more."""
    answers = io.FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    first = json.loads(questions.readline())
    _answer(answers, ["ready"])
    while line := questions.readline():
        question = json.loads(line)
        _answer(answers, _in_a_fork(question, questions.read(question["size"]), first["seconds"], first["memory"]))


def _answer(file: io.FileIO, answer: Any) -> None:
    data = memoryview(json.dumps(answer).encode() + b"\n")
    while data:
        data = data[file.write(data) :]


def _in_a_fork(question: dict[str, Any], data: bytes, seconds: float, memory: int) -> dict[str, Any]:
    name, chapter = question["name"], Chapter(Path(question["root"]), question["chapter"])

    def work(say: Callable[[Any], None]) -> None:
        limit_time(seconds)
        say(_rebuilt(chapter, name, data))

    said, late = in_a_fork(work, memory)
    end = f"takes more than {seconds:g} s" if late else "ends the process that reads it"
    failed = {"error": f"reading {name} {end}; clear its outputs, and look for a cell that is not Python"}
    return said[0] if said else failed


def _rebuilt(chapter: Chapter, name: str, data: bytes) -> dict[str, Any]:
    try:
        # Some editors put the mark of UTF-8 first.
        notebook = as_notebook(name, data.removeprefix(b"\xef\xbb\xbf"))
        return {"work": asdict(rebuild(chapter, notebook))}
    except CourseError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"reading {name} takes too much memory; clear its outputs"}
    except Exception as error:  # metadata that nobody thought of
        said = f"{type(error).__name__}: {error}"
        return {"error": f"the notebook cannot be read as one of this chapter ({said[:200]})"}


if __name__ == "__main__":
    main()
