"""What a submission is made with, where it is registered, and what must come of it.

    @hostile("01", earns={}, remark="...")      # points by exercise; None: there must be no grade
    def forges_a_score(book):
        "One sentence that says what it does."
        book.own("...")                         # change the notebook, or return what to hand in instead
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from deqlib.course.chapter import Chapter, all_chapters, exercises, load_notebook

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "deqhostile"  # in the name of everything that a hostile submission leaves, so that it can be found
Kind = Literal["honest", "careless", "hostile"]
Handed = bytes | Mapping[str, bytes] | Callable[[Path], None] | None
FULL: Any = object()  # all points of the chapter
AT_MOST: Any = object()  # what it breaks of its own work is its own loss, but there must be a grade


@dataclass(frozen=True)
class Scene:
    """What hostile code aims at: places outside of its sandbox.

    Attributes:
        outside: a folder that no submission may write to or read from; holds `secret.txt`.
        tcp, udp: ports on loopback where the test listens; `unix`: a socket file.
    """

    outside: Path
    tcp: int = 9
    udp: int = 9

    @property
    def unix(self) -> Path:
        return self.outside / "socket"


class Book:
    """A student's copy of a chapter, to be filled in."""

    def __init__(self, chapter: Chapter, name: str, scene: Scene) -> None:
        self.chapter, self.name, self.scene = chapter, name, scene
        self.nb: NotebookNode = copy.deepcopy(load_notebook(chapter.release))
        source = exercises(load_notebook(chapter.source), chapter.number)
        marks = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.M)
        self.answers = {e.name: marks.sub("", e.solution.source).rstrip("\n") for e in source}

    @property
    def file(self) -> str:
        return f"{self.chapter.name}.ipynb"

    def cell(self, name: str) -> NotebookNode:
        return next(c for c in self.nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)

    def answer(self, name: str, source: str) -> None:
        """Write a cell's source."""
        self.cell(name).source = source

    def solve(self, *names: str) -> None:
        """Answer exercises as our solution does; all, if none is named."""
        for name in names or self.answers:
            self.answer(name, self.answers[name])

    def insert(self, name: str, line: str) -> None:
        """Answer right, and put code at the start of the function's body (behind its docstring)."""
        head, mark, body = self.answers[name].rpartition('    """\n')
        assert mark, f"{name} has no docstring"
        self.answer(name, f"{head}{mark}{_indented(line)}\n{body}")

    def pretend(self, body: str) -> None:
        """Answer every exercise by a function with that body."""
        for name in self.answers:
            self.answer(name, f"def {name}(*args, **kwargs):\n{_indented(body)}")

    def own(self, source: str, after: str = "setup", kind: str = "code") -> NotebookNode:
        """Add a cell of the student's own behind a graded one, or at the end."""
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = make(source, id=uuid.uuid4().hex[:8])
        place = len(self.nb.cells) if after == "end" else self.nb.cells.index(self.cell(after)) + 1
        self.nb.cells.insert(place, cell)
        return cell

    def text(self) -> str:
        """The notebook as JSON."""
        return json.dumps(self.nb, indent=1, ensure_ascii=False)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip("\n").split("\n"))


@dataclass(frozen=True)
class Entry:
    """A registered submission.

    Attributes:
        chapter: its number.
        earns: points by exercise, those left out are 0; None where there must be no grade.
        remark: must be in the remark.
        make: changes the notebook and returns nothing, or returns what is handed in: the bytes of NN_name.ipynb,
            files by path in the folder of submissions, or a function that writes into that folder.
    """

    name: str
    kind: Kind
    chapter: str
    says: str
    earns: Any
    remark: str
    make: Callable[[Book], Handed]
    notes: dict[str, Any] = field(default_factory=dict)

    def points(self, chapter: Chapter) -> dict[str, float] | None:
        found = {e.name: float(e.points) for e in exercises(load_notebook(chapter.source), chapter.number)}
        if self.earns is None or self.earns in (FULL, AT_MOST):
            return None if self.earns is None else found
        assert set(self.earns) <= set(found), self.name
        return {name: float(self.earns.get(name, 0.0)) for name in found}

    def hand_in(self, chapter: Chapter, scene: Scene, folder: Path) -> None:
        """Put the submission into a folder of submissions."""
        book = Book(chapter, self.name, scene)
        handed = self.make(book)
        if callable(handed):
            handed(folder)
            return
        if not isinstance(handed, Mapping):
            handed = {f"{self.name}/{book.file}": book.text().encode() if handed is None else handed}
        for path, data in handed.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


ENTRIES: dict[str, Entry] = {}


def chapter_of(number: str) -> str:
    """A chapter's name by its number."""
    return next(c.name for c in all_chapters(ROOT) if c.number == int(number))


def _register(kind: Kind) -> Callable[..., Callable[[Callable[[Book], Handed]], Callable[[Book], Handed]]]:
    def register(chapter: str, earns: Any, remark: str = "", name: str = "") -> Any:
        def keep(make: Callable[[Book], Handed]) -> Callable[[Book], Handed]:
            student = name or make.__name__.replace("_", "-")
            assert student not in ENTRIES, f"two submissions are called {student}"
            ENTRIES[student] = Entry(student, kind, chapter, (make.__doc__ or "").strip(), earns, remark, make)
            return make

        return keep

    return register


honest, careless, hostile = _register("honest"), _register("careless"), _register("hostile")
