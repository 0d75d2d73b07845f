"""The zip that a student uploads: one notebook, after a look at whether it can be read and what is not solved yet."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deqlib.course.chapter import Chapter, CourseError, exercises, load_notebook, write_bytes

__all__ = ["HandIn", "hand_in"]

_STUDENT = re.compile(r"[A-Za-z0-9][\w.@-]{0,99}", re.ASCII)  # what `deq grade` accepts as a student's name
_MAX_BYTES = 20 << 20  # as `deq grade`
_STUB = 'raise NotImplementedError("not solved yet")'  # what nbgrader_config.py leaves in place of a solution


@dataclass(frozen=True)
class HandIn:
    """What was written: the zip's path, the exercises that are as they were handed out, and how many there are."""

    path: Path
    unsolved: list[str]
    exercises: int


def hand_in(chapter: Chapter, notebook: Path, student: str, folder: Path) -> HandIn:
    """Put a notebook into STUDENT-NN_name.zip; nothing is refused for being unsolved.

    Args:
        chapter: the notebook's chapter.
        notebook: its path.
        student: the name or number under which the instructor knows the student.
        folder: where the zip goes; an older one is replaced.

    Raises:
        CourseError: the student's name cannot be used, or no grader could read the notebook.
    """
    if not _STUDENT.fullmatch(student):
        raise CourseError(f"--name {student!r} should be at most 100 letters, digits and . _ @ -, as in ana.lopez")
    loaded = load_notebook(notebook)
    try:
        found = exercises(loaded, chapter.number)
    except CourseError as error:
        raise CourseError(f"{notebook}: {error}") from None
    data = notebook.read_bytes()
    if len(data) > _MAX_BYTES:
        hint = "in JupyterLab choose Edit, Clear Outputs of All Cells, save, and hand it in again"
        raise CourseError(f"{notebook} has more than {_MAX_BYTES >> 20} MB: {hint}")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{chapter.name}.ipynb", data)
    path = folder / f"{student}-{chapter.name}.zip"
    write_bytes(path, content.getvalue())
    return HandIn(path, [f"{e.number} {e.name}" for e in found if _STUB in e.solution.source], len(found))
