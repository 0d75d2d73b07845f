"""The collection of honest, careless and hostile submissions, graded by the real grader, a folder a chapter.

`python tests/submissions/show.py` prints the same as a table.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from submissions.everyone import ENTRIES
from submissions.grading import run
from submissions.making import ROOT, Scene, chapter_of

from deqlib.course.chapter import Chapter, load_notebook

# One folder a test: what hostile work does to its neighbours shows only beside them.
CHAPTERS = sorted({entry.chapter for entry in ENTRIES.values()})



def test_the_collection_is_large_and_says_what_it_does() -> None:
    kinds = Counter(entry.kind for entry in ENTRIES.values())
    assert kinds["honest"] >= 40
    assert kinds["careless"] >= 50
    assert kinds["hostile"] >= 100
    assert all(entry.says.endswith(".") for entry in ENTRIES.values())


@pytest.mark.parametrize("name", ["solved", "magics", "strips-checks-from-the-syntax-tree", "writes-outside"])
def test_a_maker_makes_a_notebook_with_what_it_says(name: str, tmp_path: Path) -> None:
    entry = ENTRIES[name]
    chapter = Chapter(ROOT, chapter_of(entry.chapter))
    entry.hand_in(chapter, Scene(tmp_path / "outside"), tmp_path)
    ours = {cell.source for cell in load_notebook(chapter.release).cells}
    made = load_notebook(tmp_path / name / f"{chapter.name}.ipynb")
    assert any(cell.source not in ours for cell in made.cells)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_everyone_gets_what_they_earned_and_the_machine_is_as_it_was(chapter: str) -> None:
    report = run([e.name for e in ENTRIES.values() if e.chapter == chapter])
    wrong = [r for r in report.rows if not r.right]
    lines = [f"{r.entry.name}: {r.expected} expected, {r.got} got, remark {r.remark!r}" for r in wrong]
    assert not wrong, "\n".join(lines)
    assert not report.machine, "\n".join(report.machine)
