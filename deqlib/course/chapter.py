"""Where the chapters are and what is in them: the course's root, a notebook read with care, its exercises.

    solutions/NN_name/NN_name.ipynb    the author's notebook: solved, with outputs
    course/NN_name/NN_name.ipynb       the learner's, generated from it

Everything a user can get wrong ends in a `CourseError`, one line that names the thing and what would be right.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

__all__ = [
    "Chapter",
    "CourseError",
    "Exercise",
    "all_chapters",
    "exercises",
    "find_chapter",
    "find_notebook",
    "find_root",
    "grade_id",
    "has_role",
    "load_notebook",
    "write_bytes",
    "write_text",
]

_NAME = re.compile(r"(\d\d)_\w+")


class CourseError(Exception):
    """A user's mistake, in one line; the command line prints it without a traceback."""


@dataclass(frozen=True)
class Chapter:
    """A chapter by its name, for example `01_fixed_points`, in the course at `root`."""

    root: Path
    name: str

    @property
    def number(self) -> int:
        """The leading number of the name."""
        return int(self.name[:2])

    @property
    def source(self) -> Path:
        """The author's notebook."""
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def release(self) -> Path:
        """The learner's notebook."""
        return self.root / "course" / self.name / f"{self.name}.ipynb"


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook: the cell a learner fills in, and the cells that test it."""

    number: str
    name: str
    points: float
    solution: NotebookNode
    tests: tuple[NotebookNode, ...]


# --------------------------------------------------------------------------------------------------------------------
# Finding


def find_root(start: Path | None = None) -> Path:
    """Walk up from `start` (default: here) to the folder that holds nbgrader_config.py and the chapters."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        has_chapters = (folder / "solutions").is_dir() or (folder / "course").is_dir()
        if has_chapters and (folder / "nbgrader_config.py").is_file():
            return folder
    raise CourseError(
        f"no course in {here} or above it: a course holds nbgrader_config.py and course/; change to its folder, "
        "or name it with --root"
    )


def all_chapters(root: Path) -> list[Chapter]:
    """List the chapters of solutions/ and course/ in order."""
    names = {
        path.name
        for parent in (root / "solutions", root / "course")
        if parent.is_dir()
        for path in parent.iterdir()
        if path.is_dir() and _NAME.fullmatch(path.name)
    }
    return [Chapter(root, name) for name in sorted(names)]


def find_chapter(root: Path, argument: str) -> Chapter:
    """Find a chapter by `1`, `01`, `01_fixed_points`, or the path of its folder or notebook."""
    chapters = all_chapters(root)
    path = Path(argument)
    wanted = {argument, path.stem, path.resolve().parent.name} if len(path.parts) > 1 else {argument, path.stem}
    for chapter in chapters:
        if chapter.name in wanted or (argument.isdecimal() and int(argument) == chapter.number):
            return chapter
    raise CourseError(f"no chapter {argument!r}; chapters here: {_names(chapters)}")


def find_notebook(root: Path, argument: str) -> tuple[Chapter, Path]:
    """Find the learner's notebook that an argument of `deq check` means, and its chapter.

    Args:
        root: the course's root.
        argument: a chapter as in `find_chapter`, or the path of a notebook anywhere, which is named like its
            chapter or lies in a folder named like it.
    """
    path = Path(argument)
    if path.suffix != ".ipynb" and not path.is_file():
        chapter = find_chapter(root, argument)
        return chapter, chapter.release
    chapters = all_chapters(root)
    if not path.is_file():
        raise CourseError(f"no notebook at {argument}; chapters here: {_names(chapters)}")
    full = path.resolve()
    for chapter in chapters:
        if chapter.name in (full.stem, full.parent.name):
            return chapter, full
    raise CourseError(f"{argument} belongs to no chapter: its name should be one of {_names(chapters)}")


def _names(chapters: list[Chapter]) -> str:
    return ", ".join(chapter.name for chapter in chapters) or "none"


# --------------------------------------------------------------------------------------------------------------------
# Reading and writing


def load_notebook(path: Path) -> NotebookNode:
    """Read a notebook of format 4; a missing, cut off or foreign file is a `CourseError` of one line."""
    try:
        return as_notebook(path, path.read_bytes())
    except FileNotFoundError:
        raise CourseError(f"no notebook at {path}{_chapters_near(path)}") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None


def as_notebook(path: Path | str, content: bytes) -> NotebookNode:
    """Read a notebook of format 4 from the content of a file at `path`, as `load_notebook` does."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not a notebook: it is not text in UTF-8") from None
    data = _parse(path, text)
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list) or data.get("nbformat") != 4:
        raise CourseError(f"{path} is JSON, but not a notebook of format 4 with a list of cells")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some editors save no cell ids; nothing here needs them
            nbformat.validate(nbformat.from_dict(data))
        # Half of a character, as in "\ud800", could not be written to any file again.
        return nbformat.v4.reads(json.dumps(data, ensure_ascii=False).encode(errors="replace").decode())
    except nbformat.ValidationError as error:
        raise CourseError(f"{path} is not a valid notebook: {str(error).splitlines()[0]}") from None
    except (TypeError, AttributeError, LookupError, ValueError, RecursionError):  # it expects cells to be cells
        raise CourseError(f"{path} is not a valid notebook: its parts are not what they should be") from None


def _parse(path: Path | str, text: str) -> Any:
    if not text.strip():
        raise CourseError(f"{path} is empty; take a fresh copy of the chapter")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # not JSON, or a number of more digits than Python reads
        what = "is not JSON"
        if text.lstrip().startswith("{"):
            where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            what = f"is cut off or damaged{where}"
        raise CourseError(f"{path} is not a notebook: it {what}") from None


def _chapters_near(path: Path) -> str:
    try:
        return f"; chapters here: {_names(all_chapters(find_root(path.resolve().parent)))}"
    except CourseError:
        return ""


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8 in one step, as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file in one step: another process sees the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# --------------------------------------------------------------------------------------------------------------------
# What is in a notebook


def has_role(cell: NotebookNode, role: str) -> bool:
    """Say whether nbgrader's metadata gives the cell a role: `solution`, `grade` or `locked`."""
    return bool(cell.metadata.get("nbgrader", {}).get(role, False))


def grade_id(cell: NotebookNode) -> str:
    """The cell's name in nbgrader's metadata, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or "")


def exercises(notebook: NotebookNode, chapter_number: int) -> list[Exercise]:
    """List a notebook's exercises in order; number 1.2 is chapter 1's second solution cell.

    A cell that was copied counts once, as its last copy, which is what nbgrader does.

    Raises:
        CourseError: the notebook has no exercise.
    """
    solutions = {grade_id(c): c for c in notebook.cells if has_role(c, "solution") and grade_id(c)}
    graded = {grade_id(c): c for c in notebook.cells if has_role(c, "grade") and not has_role(c, "solution")}
    if not solutions:
        raise CourseError("the notebook has no exercise: no cell carries nbgrader's mark of a solution")
    found = []
    for ordinal, (name, solution) in enumerate(solutions.items(), start=1):
        tests = tuple(cell for key, cell in graded.items() if key.rpartition("-")[0] == name)
        points = sum(float(cell.metadata.nbgrader.get("points") or 0) for cell in tests)
        found.append(Exercise(f"{chapter_number}.{ordinal}", name, points, solution, tests))
    return found
