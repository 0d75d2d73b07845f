"""What an instructor sees after `deq grade`: nbgrader's Formgrader in a real browser, on the same records.

Two submissions of chapter 01: one solved, one with a wrong answer and with output that would run as a script if
anything showed it as more than text.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, expect
from serve import REPOSITORY, Lab, chromium, serve

from deqlib.course.build import load_config

pytestmark = pytest.mark.browser

CHAPTER = "01_fixed_points"
MARKERS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.M)
WRONG = (REPOSITORY / "tests/answers/01/cobweb_points/wrong_transposed.py").read_text()
SCRIPT = "print(\"<script>window.taken = 1</script><img src=x onerror='window.taken = 1'>\")\n"
SECOND = 1000.0  # playwright counts in milliseconds


def submissions(lab: Lab, folder: Path) -> None:
    """Write the notebooks of ana, who solved everything, and of ben, who did not."""
    solved = nbformat.read(lab.root / "solutions" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    answers = {
        c["id"]: MARKERS.sub("", c.source) for c in solved.cells if c.metadata.get("nbgrader", {}).get("solution")
    }
    folder.mkdir()
    for student, own in {"ana": answers, "ben": answers | {"cobweb_points": SCRIPT + WRONG}}.items():
        notebook = nbformat.read(lab.root / "course" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = own.get(cell["id"], cell.source)
        nbformat.write(notebook, folder / f"{student}.ipynb")


def deq(lab: Lab, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "deqlib.cli", *arguments], cwd=lab.root, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server over a course in which chapter 01 was graded."""
    folder = tmp_path_factory.mktemp("formgrader")
    (folder / "root").mkdir()
    (folder / "home").mkdir()
    with serve(folder / "root", folder / "home") as running:
        submissions(running, folder / "inbox")
        deq(running, "grade", "01", "--submissions", str(folder / "inbox"))
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


def open_page(page: Page, lab: Lab, path: str) -> None:
    if not page.context.cookies():  # the token opens JupyterLab; Formgrader relies on the cookie that this sets
        page.goto(f"{lab.url}lab?token={lab.token}")
    page.goto(f"{lab.url}formgrader/{path}")


def shoot(page: Page, name: str, folder: Path) -> None:
    target = Path(os.environ.get("DEQ_SCREENSHOTS", folder))
    target.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target / f"formgrader-{name}.png")


def records(lab: Lab) -> Gradebook:
    directory = load_config(lab.root).CourseDirectory
    return Gradebook(directory.db_url, directory.course_id)


def notebook_of(lab: Lab, student: str) -> str:
    with records(lab) as book:
        return str(book.find_submission_notebook(CHAPTER, CHAPTER, student).id)


def test_the_list_has_the_chapter_and_both_submissions(page: Page, lab: Lab, tmp_path: Path) -> None:
    open_page(page, lab, "")
    expect(page.get_by_role("gridcell", name=CHAPTER)).to_be_visible(timeout=20 * SECOND)
    shoot(page, "1-chapters", tmp_path)
    open_page(page, lab, f"manage_submissions/{CHAPTER}/")
    for student in ("ana", "ben"):
        expect(page.get_by_text(student, exact=True).first).to_be_visible(timeout=20 * SECOND)
    shoot(page, "2-submissions", tmp_path)
    open_page(page, lab, f"gradebook/{CHAPTER}/{CHAPTER}/")
    rows = page.locator("table tbody tr")
    expect(rows).to_have_count(2, timeout=20 * SECOND)
    expect(rows.filter(has_text="20 / 20")).to_have_count(1)
    expect(rows.filter(has_text="17 / 20")).to_have_count(1)
    shoot(page, "3-gradebook", tmp_path)


def test_a_submission_shows_our_verdicts_and_runs_nothing(page: Page, lab: Lab, tmp_path: Path) -> None:
    open_page(page, lab, f"submissions/{notebook_of(lab, 'ben')}/")
    score = page.locator("[id='cobweb_points-a']")
    expect(score).to_have_attribute("placeholder", "0", timeout=20 * SECOND)
    expect(page.locator("[id='fixed_point_iterate-a']")).to_have_attribute("placeholder", "1")
    expect(page.get_by_text("passed: 1 points").first).to_be_visible()
    verdict = page.locator(".cell", has=score)
    expect(verdict).to_contain_text(re.compile("(wrong|failed): "))
    expect(page.locator(".cell", has_text="window.taken").first).to_be_visible()
    assert page.evaluate("window.taken") is None
    score.scroll_into_view_if_needed()
    shoot(page, "4-verdict", tmp_path)


def test_points_entered_there_are_ours_and_stay_when_graded_again(page: Page, lab: Lab, tmp_path: Path) -> None:
    open_page(page, lab, f"submissions/{notebook_of(lab, 'ben')}/")
    score = page.locator("[id='cobweb_points-b']")
    expect(score).to_have_attribute("placeholder", "0", timeout=20 * SECOND)
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        score.fill("1.5")
        score.blur()
    assert saved.value.ok
    comment = page.locator("[id='cobweb_points-comment']")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
        comment.fill("the idea is right")
        comment.blur()
    shoot(page, "5-by-hand", tmp_path)
    inbox = str(lab.root.parent / "inbox")
    assert "18.5" in deq(lab, "grade", "01", "--submissions", inbox, "--again", "--only", "cobweb_points")
    with records(lab) as book:
        assert book.find_submission(CHAPTER, "ben").score == 18.5
        assert book.find_submission(CHAPTER, "ana").score == 20
    deq(lab, "feedback", "01")
    returned = (lab.root / "grading" / "returned" / "ben" / CHAPTER / f"{CHAPTER}.html").read_text()
    assert "1.2 cobweb_points: 1.5 of 3 points by hand: the idea is right" in returned
