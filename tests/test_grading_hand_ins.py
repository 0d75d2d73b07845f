"""Files that no reader expects: each costs its own row, or nothing, and never the others."""

# ruff: noqa: F811  # fixtures of another file are imported by the names of the arguments that take them

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from conftest import TINY
from test_grading_batch import SOLVED, Grade, chapter, graded, hand_in, judges, rebuilders  # noqa: F401

from deqlib.course.chapter import Chapter, load_notebook
from deqlib.course.grading import batch


def test_a_notebook_that_no_reader_expects_costs_itself_alone(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    half = hand_in(chapter, tmp_path / "in" / "bob.ipynb", SOLVED)
    half.write_text(half.read_text().replace("return x / 2", "return x / 2  # \\ud800"))
    for i, strange in enumerate(("text", ["a"], {"grade_id": ["a"], "solution": True}, {"grade_id": {}, "grade": 1})):
        notebook = load_notebook(hand_in(chapter, tmp_path / "in" / f"odd{i}.ipynb", SOLVED))
        for cell in notebook.cells:
            cell.metadata["nbgrader"] = strange
        (tmp_path / "in" / f"odd{i}.ipynb").write_text(json.dumps(notebook))
    found = graded()
    assert found["ana"].score == 6
    assert found["bob"].score is not None
    assert not any(v.failed for v in found.values()), "grading them again would end the same way"
    for i in range(4):
        assert found[f"odd{i}"].score is not None or found[f"odd{i}"].remark


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("def other(n, n): pass", 3),  # Python's parser takes it, its next step does not
        ("global x", 3),
        ("nonlocal y", 3),
        (f"return 2 * x + 0 * ({' + '.join(['x'] * 600)})", 6),  # too deep for a look at its names, and right
        ("return 2 * x " + ")" * 300, 3),
    ],
)
def test_code_that_is_hard_to_read_costs_its_own_exercise_alone(
    chapter: Chapter, graded: Grade, tmp_path: Path, body: str, score: float
) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", {**SOLVED, "double": f"def double(x):\n    {body}\n"})
    assert graded()["ana"].score == score


def test_a_zip_that_unpacks_without_bound_is_not_unpacked(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    ana = hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    for student, method in (("bob", zipfile.ZIP_BZIP2), ("cy", zipfile.ZIP_LZMA), ("dee", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / "in" / f"{student}.zip", "w", method) as archive:
            archive.write(ana, f"{TINY}.ipynb")
    broken = bytearray((tmp_path / "in" / "cy.zip").read_bytes())
    broken[30 + len(f"{TINY}.ipynb") + 4] = 0xFF  # a property that LZMA does not have
    (tmp_path / "in" / "eve.zip").write_bytes(broken)
    found = graded()
    assert {s: v.score for s, v in found.items()} == {"ana": 6, "bob": None, "cy": None, "dee": 6, "eve": None}
    assert all("ordinary zip" in found[s].remark for s in ("bob", "cy", "eve"))


def test_what_no_reader_expects_of_a_file_costs_its_own_row(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ana", "bob"):
        hand_in(chapter, tmp_path / "in" / f"{student}.ipynb", SOLVED)
    read = batch.collecting.read

    def short_of_memory(path: Path, name: str) -> bytes:
        if path.stem == "bob":
            raise MemoryError
        return read(path, name)

    monkeypatch.setattr(batch.collecting, "read", short_of_memory)
    found = graded()
    assert (found["ana"].score, found["bob"].score) == (6, None)
    assert "MemoryError" in found["bob"].remark
