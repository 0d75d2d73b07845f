"""The notebooks as files: the student version is what it should be, and both follow the course's rules."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from cells import CHAPTERS, ROOT
from nbclient import NotebookClient
from PIL import Image, ImageChops

from deqlib.course import figures

PARTS = """When you are done|You need|**Time**|In 60 minutes|Predict before you run|**Explore.**|## What to remember
## Check yourself|## Where deqlib does this|## Further reading|**Next.**""".replace("\n", "|").split("|")
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


def source(chapter: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "solutions" / chapter / f"{chapter}.ipynb", as_version=4)


def student(chapter: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "course" / chapter / f"{chapter}.ipynb", as_version=4)


def graded(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def text(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def test_every_source_has_a_student_version_and_nothing_else_is_there() -> None:
    assert sorted(p.name for p in (ROOT / "course").iterdir() if not p.name.startswith(".")) == CHAPTERS
    assert CHAPTERS[:2] == ["01_fixed_points", "02_anderson"]


@each_chapter
def test_the_student_version_holds_no_solution_no_hidden_test_and_no_output(chapter: str) -> None:
    hidden = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.S)
    solution = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
    release = (ROOT / "course" / chapter / f"{chapter}.ipynb").read_text()
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN)", release)
    whole = "\n".join(c.source for c in student(chapter).cells)
    for cell in source(chapter).cells:
        for region in [*hidden.findall(cell.source), *solution.findall(cell.source)]:
            for line in region.splitlines():
                if len(line.strip()) > 30:
                    assert line.strip() not in whole, f"{cell.id}: {line.strip()}"
    for cell in student(chapter).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    for folder in (ROOT / "course").rglob("*"):
        assert folder.suffix in {"", ".ipynb", ".png"}, f"{folder.name} is no part of a student version"


@pytest.mark.slow
@each_chapter
def test_the_untouched_student_version_only_says_not_solved_and_only_from_solution_cells(chapter: str) -> None:
    notebook = student(chapter)
    path = ROOT / "course" / chapter
    NotebookClient(notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(path)}},
                   allow_errors=True).execute()  # fmt: skip
    solutions = {c.execution_count for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        errors = [o for o in cell.outputs if o.output_type == "error"]
        assert len(errors) == int(graded(cell)), f"{cell.id}: {[e.ename for e in errors]}"
        assert not [o for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"], cell.id
        for error in errors:
            assert error.ename == "NotImplementedError", f"{cell.id}: {error.ename}"
            plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
            last = re.findall(r"(?:Cell )?In\[(\d+)\]", plain)[-1]
            assert int(last) in solutions, f"{cell.id}: raised outside a solution cell"


@each_chapter
def test_the_student_version_runs_on_past_an_unsolved_exercise(chapter: str) -> None:
    for cell in student(chapter).cells:
        assert ("raises-exception" in cell.metadata.get("tags", [])) == graded(cell)


@each_chapter
def test_solved_outputs_are_stored_without_errors_times_or_addresses(chapter: str) -> None:
    count = 0
    for cell in source(chapter).cells:
        if cell.cell_type != "code":
            continue
        count += 1
        assert cell.execution_count == count, "executed from top to bottom"
        assert "execution" not in cell.metadata, "times"
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert not re.search(
                r"\b0x[0-9a-f]{6,}\b", str(output.get("text", output.get("data", {}).get("text/plain")))
            )
        if graded(cell):
            assert "visible checks passed" in str(cell.outputs)


@each_chapter
def test_every_picture_has_alt_text(chapter: str) -> None:
    pictures = 0
    for cell in source(chapter).cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            assert "image/png" not in shown, f"{cell.id}: JupyterLab shows a bare image/png without its alt text"
            for alt in re.findall(r'<img [^>]*alt="([^"]*)"', shown.get("text/html", "")):
                pictures += 1
                assert len(alt) > 40, cell.id
    stills = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", text(source(chapter)))
    for alt, file in stills:
        assert len(alt) > 40, file
        assert (ROOT / "course" / chapter / file).is_file()
    assert pictures >= 4
    assert len(stills) >= 2, "an opening picture, and the explorer's still"


@each_chapter
def test_a_chapter_has_its_parts_and_its_measure(chapter: str) -> None:
    notebook, words = source(chapter), text(source(chapter))
    assert len(words.split()) <= 3500
    for cell in [*notebook.cells, *student(chapter).cells]:
        if cell.cell_type == "code":
            seen = cell.source.split("### BEGIN HIDDEN TESTS")[0]
            lines = [line for line in seen.splitlines() if line.strip()]
            assert len(lines) <= 25, f"{cell.id} has {len(lines)} lines"
    for part in PARTS:
        assert part in words, part
    remembered = re.search(r"## What to remember\n\n(.*?)\n\n", words, re.S)
    assert remembered
    assert len(remembered[1].splitlines()) == 5
    assert any("NBVAL_CHECK_OUTPUT" in c.source for c in notebook.cells)


@each_chapter
def test_headers_say_the_points_that_the_test_cells_give(chapter: str) -> None:
    notebook, names, points = source(chapter), [], {}
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution"):
            names.append(meta["grade_id"])
        if meta.get("grade"):
            name = meta["grade_id"].split("-")[0]
            points[name] = points.get(name, 0) + meta["points"]
            announced = re.match(r"# Check (\d)\.(\d)([a-z]) \((\d) points?\): ", cell.source)
            assert announced, cell.id
            assert int(announced[1]) == int(chapter[:2])
            assert int(announced[2]) == names.index(name) + 1
            assert announced[3] == meta["grade_id"].split("-")[1]
            assert int(announced[4]) == meta["points"]
    headers = re.findall(
        r"## Exercise \d+\.(\d+) · .*\n`difficulty [1-5]/5 · importance [1-5]/5 · \d+ min · (\d+) points`",
        text(notebook),
    )
    assert [int(n) for n, _ in headers] == list(range(1, len(names) + 1))
    assert [int(p) for _, p in headers] == [points[name] for name in names]
    assert text(notebook).count("<details><summary>Help: ") >= len(names)


@pytest.mark.parametrize("chapter", sorted(figures.FIGURES))
def test_still_pictures_are_what_the_code_draws(chapter: str, tmp_path: Path) -> None:
    for path, draw in figures.pictures(ROOT, chapter):
        fresh = tmp_path / path.name
        fresh.write_bytes(draw().png())
        with Image.open(fresh) as new, Image.open(path) as old:
            assert new.size == old.size
            difference = ImageChops.difference(new.convert("L"), old.convert("L"))
            off = sum(difference.histogram()[64:]) / (new.width * new.height)
            assert off < 0.01, f"{path.name} is out of date: run `deq execute {chapter}`"
