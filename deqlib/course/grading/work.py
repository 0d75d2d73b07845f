"""What passes between the parts of the grader: a submission as work, and what became of it as plain bytes.

    rebuild(chapter, notebook) --> Work --run in a sandbox, with a seed--> Ran --judges, outside--> Graded
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Cell", "Limits", "Outcome", "Ran", "State", "Test", "Work"]

Kind = Literal["ours", "solution", "own", "test"]
State = Literal["values", "not solved", "failed", "crashed", "timed out", "killed", "not run"]


@dataclass(frozen=True)
class Cell:
    """A code cell in the order in which it runs.

    Attributes:
        id: the cell's grade id, or its cell id where it has none.
        kind: `ours` from our notebook, `solution` and `own` (a cell that the student added) from the student's,
            `test` from ours, cut into the halves of `Test`.
        source: what runs; of a test cell the part that everybody sees, run before the probe.
    """

    id: str
    kind: Kind
    source: str


@dataclass(frozen=True)
class Test:
    """A graded cell of ours: its probe may enter the sandbox, its judge must not.

    Attributes:
        id, exercise: grade ids of the cell and of the solution it tests.
        points: what it earns.
        probe: source that defines `probe(seed)` and what it needs.
        judge: source that defines `judge(seed, got)` and what it needs.
    """

    __test__ = False

    id: str
    exercise: str
    points: float
    probe: str
    judge: str


@dataclass(frozen=True)
class Work:
    """A submission rebuilt on our notebook: the sources of solution cells and the student's own cells are its own.

    Attributes:
        chapter: its name.
        cells: all code cells in order.
        tests: by the id of their cell.
        remarks: what an instructor should know, one sentence each, e.g. a solution cell that is missing.
    """

    chapter: str
    cells: tuple[Cell, ...]
    tests: dict[str, Test]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: wall time of one cell, and of one test (its visible part and its probe).
        seconds: wall time of the submission.
        memory_bytes, processes, file_bytes: of everything that it runs, together where the system can say so.
        value_bytes: what one probe may return.
        output_chars: what is kept of one cell's output.
    """

    cell_seconds: float = 60
    seconds: float = 240
    memory_bytes: int = 4 << 30
    processes: int = 64
    file_bytes: int = 64 << 20
    value_bytes: int = 64 << 20
    output_chars: int = 10_000


@dataclass(frozen=True)
class Outcome:
    """What one test cell came to in the sandbox. Everything in it was made beside the student's code: trust none.

    Attributes:
        state: `values` alone has data; whether they are right only a judge can say.
        data: an .npz without pickles, as `deqlib.course.check.pack` writes it.
        message: for the student, e.g. the check that failed; plain text, cut to a few lines.
    """

    state: State
    data: bytes = b""
    message: str = ""


@dataclass(frozen=True)
class Ran:
    """What became of a submission in the sandbox.

    Attributes:
        seed: the one that its probes got, drawn for this run.
        outcomes: one for every test of the work, none left out.
        outputs: what each cell printed or raised, plain text, by cell id.
        remark: why the whole could not be run, e.g. "ran out of time"; empty where all is well.
        seconds: of wall time.
        lost: whether a cell that is no test was left out, because it took its process down or was ended.
    """

    seed: int
    outcomes: dict[str, Outcome]
    outputs: dict[str, str] = field(default_factory=dict)
    remark: str = ""
    seconds: float = 0.0
    lost: bool = False
