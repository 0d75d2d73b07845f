"""What leaves for students and comes back: the bundle, the zip that is handed in, and the instructors' rubric."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import typer
from cells import CHAPTERS, ROOT, cells, hidden
from conftest import REPOSITORY, TINY, edit

from deqlib import cli
from deqlib.course.chapter import CourseError, find_notebook
from deqlib.course.road import guide
from deqlib.course.road.bundle import FOLDER
from deqlib.course.road.handin import hand_in

Deq = Callable[..., tuple[int, str, str]]
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION", re.S)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of this repository, unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    # A copy: what editors and runs leave in a working folder is no part of this test.
    root = folder / "source"
    for name in ("course", "solutions", "deqlib", "docs"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for path in REPOSITORY.iterdir():
        if path.is_file():
            shutil.copy(path, root)
    (root / "course" / ".ipynb_checkpoints").mkdir()
    (root / "course" / ".ipynb_checkpoints" / "mine.ipynb").write_text("an attempt")
    command = [sys.executable, "-m", "deqlib.cli", "bundle"]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(root / "deq-course.zip") as archive:
        archive.extractall(folder / "elsewhere")
    return folder / "elsewhere" / FOLDER


@pytest.mark.slow
def test_the_bundle_has_no_solution_no_hidden_test_and_no_page_for_instructors(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {name.partition("/")[0] for name in names if "/" in name} == {"course", "deqlib"}
    assert not [name for name in names if "instructors" in name or "rubric" in name or "checkpoints" in name]
    assert {f"course/{c}/{c}.ipynb" for c in CHAPTERS} <= names
    texts = {name: (unpacked / name).read_text(encoding="utf-8") for name in names if name.endswith((".py", ".md"))}
    for chapter in CHAPTERS:
        notebook = nbformat.read(unpacked / "course" / chapter / f"{chapter}.ipynb", as_version=4)
        texts[chapter] = "\n".join(cell.source for cell in notebook.cells)
        assert not re.search(r"### (BEGIN|END) (HIDDEN|SOLUTION)", texts[chapter])
        assert not any(cell.get("outputs") for cell in notebook.cells)
    secrets = [hidden(c.source).strip() for chapter in CHAPTERS for c in cells(chapter) if c.kind == "test"]
    # Short ones, such as a counter of calls, deqlib has too.
    found = [s for chapter in CHAPTERS for c in cells(chapter) for s in SOLUTION.findall(c.source)]
    secrets += [s for s in found if s.count("\n") >= 3]
    assert len(secrets) > 6 * len(CHAPTERS)
    for secret in secrets:
        assert secret
        assert not [name for name, text in texts.items() if secret in text]


@pytest.mark.slow
def test_the_unpacked_bundle_works_on_its_own(unpacked: Path) -> None:
    def deq(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(unpacked), "COLUMNS": "200"}
        command = [sys.executable, "-m", "deqlib.cli", *arguments]
        return subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True)

    code = "import deqlib, deqlib.data; print(deqlib.__file__, len(deqlib.data.cifar10().x_train) > 0)"
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=unpacked, env=environment, capture_output=True, text=True
    )
    assert found.stdout.split() == [str(unpacked / "deqlib" / "__init__.py"), "True"], found.stderr

    answers = {c.id: c.source for c in cells(CHAPTERS[0]) if c.kind == "solution"}
    first = next(iter(answers))
    edit(unpacked / "course" / CHAPTERS[0] / f"{CHAPTERS[0]}.ipynb", {first: answers[first]})
    ended = deq("check", CHAPTERS[0][:2])
    assert f"1 of {len(answers)} exercises passed" in ended.stdout, ended.stdout + ended.stderr
    ended = deq("handin", CHAPTERS[0][:2], "--name", "ana")
    assert ended.returncode == 0, ended.stderr
    assert (unpacked / f"ana-{CHAPTERS[0]}.zip").is_file()
    ended = deq("bundle")
    assert ended.returncode == 2, "a bundle is made from solutions/, which students do not have"
    assert "solutions/" in ended.stderr


@pytest.mark.slow
def test_the_makefile_of_the_bundle_has_verbs_that_work_there(unpacked: Path) -> None:
    makefile = (unpacked / "Makefile").read_text()
    assert set(re.findall(r"^([a-z]+):", makefile, re.M)) == {"help", "lab", "clean"}
    assert set(re.findall(r'echo "make (\w+)', makefile)) == {"lab", "clean"}
    assert not re.search(r"tests|solutions|\[dev\]", makefile)
    ended = subprocess.run(["make", "-n", "lab"], cwd=unpacked, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "deq lab" in ended.stdout
    # Whatever the student page tells to type is there.
    page = (unpacked / "README.md").read_text()
    for verb in re.findall(r"make (\w+)", page):
        assert f"\n{verb}:" in makefile
    for verb in re.findall(r"`?\bdeq ([a-z]+) ", page):
        assert re.search(
            rf"def {verb}\(", (ROOT / "deqlib/cli.py").read_text() + (ROOT / "deqlib/course/commands.py").read_text()
        )


@pytest.mark.slow
def test_a_bundle_is_byte_identical_on_repeats(course: Path, deq: Deq) -> None:
    for name in ("LICENSE", "Makefile", "constraints.txt", "environment.yml", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, course)
    for name in ("deqlib/__init__.py", "docs/students.md"):
        (course / name).parent.mkdir()
        shutil.copy(REPOSITORY / name, course / name)
    made = []
    for out in (course / "one.zip", course / "two.zip"):
        assert deq("bundle", "--root", course, "--out", out)[0] == 0
        made.append(out.read_bytes())
        for path in (course / "course").rglob("*"):
            os.utime(path, (1e9, 1e9))
    assert made[0] == made[1]
    with (course / "nbgrader_config.py").open("a") as file:
        file.write('c.CourseDirectory.db_url = "postgresql+psycopg://deq@HOST/deq"\n')
    assert deq("bundle", "--root", course, "--out", course / "two.zip")[0] == 0
    assert (course / "two.zip").read_bytes() == made[0], "the instructor's database is not for students"
    (course / "LICENSE").unlink()
    code, _, err = deq("bundle", "--root", course, "--out", course / "three.zip")
    assert (code, (course / "three.zip").exists()) == (2, False)
    assert "LICENSE is missing" in err


@pytest.mark.slow
def test_a_bundle_is_refused_when_course_holds_something_else(course: Path, deq: Deq) -> None:
    edit(course / "course" / TINY / f"{TINY}.ipynb", {"halve": "def halve(x):\n    return x / 2"})
    code, _, err = deq("bundle", "--root", course, "--out", course / "out.zip")
    assert code == 2
    assert (
        err == f"deq: course/ is not what solutions/ gives: course/{TINY}/{TINY}.ipynb (different); run `deq build`\n"
    )
    assert not (course / "out.zip").exists()


def test_a_hand_in_holds_the_notebook_alone_and_names_what_is_not_solved(
    course: Path, tmp_path: Path, deq: Deq
) -> None:
    notebook = course / "course" / TINY / f"{TINY}.ipynb"
    edit(notebook, {"double": "def double(x):\n    return x + x"})
    before = notebook.read_bytes()
    code, out, err = deq("handin", "1", "--name", "ana.lopez", "--out", tmp_path, "--root", course)
    assert (code, err) == (0, "")
    assert "Not solved yet: 1.1 halve. You can hand it in all the same." in out
    with zipfile.ZipFile(tmp_path / f"ana.lopez-{TINY}.zip") as archive:
        assert archive.namelist() == [f"{TINY}.ipynb"]
        assert archive.read(f"{TINY}.ipynb") == before
    assert notebook.read_bytes() == before
    edit(notebook, {"halve": "def halve(x):\n    return x * 0.5"})
    code, out, _ = deq("handin", notebook, "--name", "ana.lopez", "--out", tmp_path, "--root", course)
    assert code == 0
    assert "All 2 exercises have an answer" in out


@pytest.mark.parametrize("name", ["", "a b", "../ana", "=1+1", "x" * 101, "né"])
def test_a_hand_in_needs_a_name_that_can_be_a_file(course: Path, tmp_path: Path, name: str) -> None:
    chapter, notebook = find_notebook(course, "1")
    with pytest.raises(CourseError, match="letters, digits"):
        hand_in(chapter, notebook, name, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_a_hand_in_that_no_grader_could_read_is_refused_in_one_line(course: Path, tmp_path: Path) -> None:
    chapter, notebook = find_notebook(course, "1")
    whole = notebook.read_text()
    for text, said in ((whole[:500], "cut off or damaged"), ("", "is empty"), ('{"a": 1}', "not a notebook")):
        notebook.write_text(text)
        with pytest.raises(CourseError, match=said):
            hand_in(chapter, notebook, "ana", tmp_path)
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(empty, notebook)
    with pytest.raises(CourseError, match="no exercise"):
        hand_in(chapter, notebook, "ana", tmp_path)
    large = nbformat.reads(whole, 4)
    large.cells.append(nbformat.v4.new_markdown_cell("x" * (21 << 20)))
    nbformat.write(large, notebook)
    with pytest.raises(CourseError, match="more than 20 MB"):
        hand_in(chapter, notebook, "ana", tmp_path)


def test_the_rubric_is_what_chapters_and_answers_give() -> None:
    page = (ROOT / guide.PAGE).read_text(encoding="utf-8")
    assert page == guide.guide(ROOT), "docs/rubric.md is out of date: run `deq guide --write`"
    assert page.count("\n## ") == len(CHAPTERS)
    for chapter in CHAPTERS:
        for cell in cells(chapter):
            if cell.kind != "locked":
                assert f"`{cell.id}`" in page


@pytest.mark.parametrize("page", ["README.md", "docs/instructors.md", "docs/students.md", "docs/rubric.md"])
def test_every_command_in_a_page_for_people_exists_with_its_options(page: str) -> None:
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    text = (ROOT / page).read_text(encoding="utf-8")
    typed = re.findall(r"`(deq [^`]+)`", text) + re.findall(r"^(deq [a-z]+ .+)$", text, re.M)
    for line in (part for t in typed for part in re.split(r";\s*(?=deq )", t)):
        _, verb, *words = re.sub(r"\s+#.*|\"[^\"]*\"", "", line).split()
        assert verb in commands, line
        known = {name for option in commands[verb].params for name in option.opts}
        assert {w for w in words if w.startswith("--")} <= known | {"--help"}, line
    assert typed


def test_a_mistake_is_what_the_first_lines_of_a_wrong_answer_say(tmp_path: Path) -> None:
    path = tmp_path / "wrong_one.py"
    path.write_text("# Wrong: forgets the root,\n# twice.\nx = 1\n")
    assert guide.mistake(path) == "forgets the root, twice."
    path.write_text('# Violates: "z0 stays" (it does not)\n')
    assert guide.mistake(path) == '"z0 stays" (it does not)'
    path.write_text("x = 1\n")
    assert guide.mistake(path) == "one", "the name where there is no comment"
