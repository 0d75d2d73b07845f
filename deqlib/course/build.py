"""The student version: check the marks of a solved notebook, then let nbgrader strip it, the same bytes every time.

    solutions/NN_name/  --validate-->  nbgrader generate_assignment  -->  course/NN_name/

The build goes to a temporary folder first and is then copied over course/ file by file, so a failed build leaves the
old one as it was, and `deq build --check` is the same work without the copy.
"""

from __future__ import annotations

import ast
import logging
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import traitlets.log
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum
from traitlets.config.loader import Config, PyFileConfigLoader

from deqlib.course.chapter import (
    Chapter,
    CourseError,
    all_chapters,
    exercises,
    grade_id,
    has_role,
    load_notebook,
)
from deqlib.course.execute import cell_label

__all__ = ["RunOn", "build", "load_config", "quiet_log", "run_converter", "validate"]

_SKIP = ".ipynb_checkpoints"  # JupyterLab's own copies, no part of the course
_HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
_SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")


class RunOn(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Let JupyterLab's "Run All" go on past the tests of an unsolved exercise.

    The tag `raises-exception` does that. nbgrader's grading looks at a test cell's outputs, not at its tags.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Tag a graded cell, and leave every other as it is."""
        if has_role(cell, "grade"):
            cell.metadata["tags"] = sorted({*cell.metadata.get("tags", []), "raises-exception"})
        return cell, resources


# --------------------------------------------------------------------------------------------------------------------
# The marks of a solved notebook


def validate(notebook: NotebookNode) -> list[str]:
    """List what is wrong with nbgrader's marks in a solved notebook; each entry names its cell."""
    problems: list[str] = []
    seen: set[str] = set()
    solved: set[str] = set()
    tested: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        if "nbgrader" in cell.metadata:
            wrong = [*_metadata_problems(cell, seen), *_cell_problems(cell, solved)]
        else:
            wrong = [f"has {m!r} without nbgrader's mark" for m in (*_SOLUTION, *_HIDDEN) if m in cell.source]
        problems += [f"{cell_label(cell, index)} {what}" for what in wrong]
        seen.add(grade_id(cell))
        if has_role(cell, "solution"):
            solved.add(grade_id(cell))
        elif has_role(cell, "grade"):
            tested.add(grade_id(cell).rpartition("-")[0])
    problems += [f"cell {name} is a solution that no test cell tests" for name in sorted(solved - tested - {""})]
    return problems


def _metadata_problems(cell: NotebookNode, seen: set[str]) -> Iterator[str]:
    name, version = grade_id(cell), cell.metadata.nbgrader.get("schema_version")
    if not name:
        yield "has no grade_id"
    elif not re.fullmatch(r"[\w-]+", name):
        yield f"has the grade_id {name!r}, which should be letters, digits, _ and -"
    elif name in seen:
        yield f"has the grade_id {name!r}, which an earlier cell has too"
    if version != 3:
        yield f"has nbgrader's schema_version {version}, which should be 3"


def _cell_problems(cell: NotebookNode, solved: set[str]) -> Iterator[str]:
    solution, graded = has_role(cell, "solution"), has_role(cell, "grade")
    if solution and graded:
        yield "is a solution and a test at once; give the test a cell of its own"
    elif solution:
        yield from _region_problems(cell, _SOLUTION)
    elif graded:
        yield from _test_problems(cell, solved)
    if (solution or graded) and cell.cell_type != "code":
        yield f"is a {cell.cell_type} cell, which should be code"
    elif solution or graded:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"does not compile: {error.msg} (line {error.lineno} of the cell)"


def _test_problems(cell: NotebookNode, solved: set[str]) -> Iterator[str]:
    exercise = grade_id(cell).rpartition("-")[0]
    if exercise not in solved:
        yield f"tests {exercise or '?'!r}, but no solution cell of that name stands before it"
    points = cell.metadata.nbgrader.get("points")
    if isinstance(points, bool) or not isinstance(points, int | float) or not points > 0:
        yield f"is a test with points {points}, which should be a number above 0"
    regions = list(_region_problems(cell, _HIDDEN))
    yield from regions or _hidden_problems(cell)


def _region_problems(cell: NotebookNode, marks: tuple[str, str]) -> Iterator[str]:
    """Check that a cell has one or more regions, each opened and closed, none inside another."""
    begin, end = marks
    words = [m.removeprefix("### ") for m in marks]  # nbgrader looks for the words alone
    found = [word for line in cell.source.splitlines() for word in words if word in line]
    if not found:
        yield f"has no region from {begin!r} to {end!r}"
    elif found != words * (len(found) // 2):
        yield f"has {begin!r} and {end!r} that do not pair up"


def _hidden_problems(cell: NotebookNode) -> Iterator[str]:
    """Check that the hidden half is functions, probe and judge among them, joined by the last line.

    Functions alone, because a grader runs the probe in one process and the judge in another: a value that both
    need comes from a function that both can call.
    """
    want = "should be functions, among them probe(seed) and judge(seed, got), and last check.grade(probe, judge)"
    text = cell.source.split(_HIDDEN[0].removeprefix("### "), 1)[1].rsplit(_HIDDEN[1].removeprefix("### "), 1)[0]
    text = text.partition("\n")[2].rpartition("\n")[0]
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        yield f"has hidden tests that do not compile: {error.msg}"
        return
    forms = [_form(node) for node in body]
    joined = forms[-1:] == ["check.grade(probe, judge)"] and {"probe(seed)", "judge(seed, got)"} <= set(forms)
    if not joined or not all(isinstance(node, ast.FunctionDef) for node in body[:-1]):
        yield f"has hidden tests of the wrong form: they {want}; found {', '.join(forms) or 'nothing'}"


def _form(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef):
        return f"{node.name}({ast.unparse(node.args)})"
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 40 else text[:37] + "..."


# --------------------------------------------------------------------------------------------------------------------
# The build


def build(root: Path, names: list[str] | None = None, *, check: bool = False, force: bool = False) -> list[str]:
    """Regenerate course/ from solutions/; return what changed, one line a file.

    Args:
        root: the course's root.
        names: the chapters to build; all by default, and then what solutions/ no longer has leaves course/ too.
        check: change nothing, and fail if anything would change.
        force: overwrite a student version in which an exercise was edited.

    Raises:
        CourseError: a solved notebook's marks are wrong; `check` found a difference; course/ holds somebody's work.
    """
    sources = [c for c in all_chapters(root) if c.source.parent.is_dir() and (names is None or c.name in names)]
    for chapter in sources:
        problems = validate(load_notebook(chapter.source))
        if problems:
            listed = problems[0] if len(problems) == 1 else "\n  ".join(["", *problems])
            raise CourseError(f"{chapter.name} cannot be built: {listed}")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "course"
        fresh.mkdir()
        for chapter in sources:
            _generate(chapter, fresh)
        parts = [Path(".")] if names is None else [Path(c.name) for c in sources]
        changes = [change for part in parts for change in _differences(fresh, root / "course", part)]
        if check and changes:
            listed = ", ".join(f"course/{path} ({what})" for what, path in changes)
            raise CourseError(f"course/ is not what solutions/ gives: {listed}; run `deq build`")
        if not force:
            _refuse_to_overwrite(root, [path for _, path in changes])
        for _, path in changes:
            _copy(fresh / path, root / "course" / path)
    return [f"course/{path} ({what})" for what, path in changes]


def _generate(chapter: Chapter, folder: Path) -> None:
    config = load_config(chapter.root)
    config.CourseDirectory.release_directory = str(folder)
    config.CourseDirectory.assignment_id = chapter.name
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    config.BaseConverter.force = True
    run_converter(GenerateAssignment, config, f"nbgrader cannot build {chapter.name}")


def _differences(fresh: Path, old: Path, part: Path) -> list[tuple[str, Path]]:
    names = sorted({*_files(fresh, part), *_files(old, part)})
    found = []
    for name in names:
        if not (old / name).exists():
            found.append(("missing", name))
        elif not (fresh / name).exists():
            found.append(("not in solutions/", name))
        elif (fresh / name).read_bytes() != (old / name).read_bytes():
            found.append(("different", name))
    return found


def _files(folder: Path, part: Path) -> Iterator[Path]:
    for path in (folder / part).rglob("*"):
        if not path.is_dir() and _SKIP not in path.parts:
            yield path.relative_to(folder)


def _refuse_to_overwrite(root: Path, paths: list[Path]) -> None:
    """Fail if a file to be overwritten holds an exercise whose text differs from what nbgrader signed."""
    for path in (root / "course" / p for p in paths if p.suffix == ".ipynb"):
        try:
            found = exercises(load_notebook(path), 0)
        except CourseError:
            continue  # missing or damaged: no work to lose
        signed = {e.name: e.solution.metadata.nbgrader.get("checksum") for e in found}
        edited = [e.name for e in found if signed[e.name] != compute_checksum(e.solution)]
        if edited:
            where = path.relative_to(root)
            raise CourseError(f"{where} holds somebody's work ({', '.join(edited)}): move it away, or add --force")


def _copy(fresh: Path, old: Path) -> None:
    if fresh.exists():
        old.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fresh, old)
        return
    old.unlink()
    for folder in old.parents:
        if folder.name == "course" or any(p.name != _SKIP for p in folder.iterdir()):
            return
        shutil.rmtree(folder)


# --------------------------------------------------------------------------------------------------------------------
# Running nbgrader from here


def load_config(root: Path) -> Any:
    """Read the course's nbgrader_config.py."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    return config


def run_converter(converter: Any, config: Any, what: str) -> None:
    """Run one of nbgrader's converters without its log; `what` and the log's first error make the `CourseError`."""
    with quiet_log() as messages, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            converter(coursedir=CourseDirectory(config=config), config=config).start()
        except (NbGraderException, SystemExit):
            reasons = [line for message in messages for line in message.splitlines() if line.strip()]
            errors = [line for line in reasons if re.match(r"[\w.]+(Error|Exception|Entry|Timeout)\w*: ", line)]
            reason = (errors or reasons or ["it did not say why"])[-1]
            raise CourseError(f"{what}: {reason.strip()}") from None


@contextmanager
def quiet_log() -> Iterator[list[str]]:
    """Collect nbgrader's error messages in place of printing them."""
    messages: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    log: Any = traitlets.log.get_logger()
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    log.handlers[:], log.propagate = [Collect(level=logging.ERROR)], False
    log.setLevel(logging.ERROR)
    try:
        yield messages
    finally:
        log.handlers[:], log.propagate = handlers, propagate
        log.setLevel(level)
