"""What a learner sees: chapter 01 in JupyterLab, in a real browser, step by step; then every other chapter once.

The tests of chapter 01 share one open notebook; each relies only on all of its cells having been run once.
Screenshots of every stage go to the folder DEQ_SCREENSHOTS, or else stay in pytest's own temporary folder.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Error, Locator, Page, ViewportSize, expect
from serve import REPOSITORY, Lab, chromium, serve

pytestmark = pytest.mark.browser

CHAPTER = "01_fixed_points/01_fixed_points.ipynb"
OTHERS = sorted(p.stem for p in (REPOSITORY / "course").glob("*/*.ipynb") if p.name != Path(CHAPTER).name)
SOLVED = "01_fixed_points/solved.ipynb"
RED = "[data-mime-type='application/vnd.jupyter.stderr']"  # JupyterLab shows errors and the error stream with it
MARKERS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.M)
VIEW: ViewportSize = {"width": 1280, "height": 900}  # a small laptop
SECOND = 1000.0  # playwright counts in milliseconds


# --------------------------------------------------------------------------------------------------------------
# JupyterLab's page, in a learner's words


class Notebook:
    """A notebook open in JupyterLab; its cells go by their ids in the file."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page, self.lab, self.file = page, lab, lab.root / "course" / name
        self.crashes: list[str] = []
        page.on("pageerror", lambda error: self.crashes.append(str(error)))
        page.goto(f"{lab.url}lab/tree/course/{name}?token={lab.token}")
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(self.panel.locator(".jp-Notebook .jp-Cell")).to_have_count(len(self.read().cells), timeout=60 * SECOND)
        self.wait_idle()

    def read(self) -> NotebookNode:
        """The notebook as it lies on the disk."""
        return nbformat.read(self.file, as_version=4)

    def ids(self, of: str = "") -> list[str]:
        """The ids of the code cells whose source contains `of`."""
        return [c["id"] for c in self.read().cells if c.cell_type == "code" and of in c.source]

    def cell(self, name: str) -> Locator:
        index = [c["id"] for c in self.read().cells].index(name)
        return self.panel.locator(".jp-Notebook .jp-Cell").nth(index)

    def wait_idle(self) -> None:
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60 * SECOND)

    def prompts(self) -> dict[str, str]:
        """What stands in the brackets before each code cell: a number, * or nothing."""
        texts = self.panel.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-prompt").all_text_contents()
        return dict(zip(self.ids(), (t.strip(" []:") for t in texts), strict=True))

    def run_all(self) -> None:
        """Menu Run, Run All Cells; wait until each code cell has its number."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
        self.page.locator("[data-command='runmenu:run-all']").click()
        number = self.panel.locator(".jp-Notebook .jp-CodeCell .jp-InputArea-prompt", has_text=re.compile(r"\[\d+\]"))
        try:
            expect(number).to_have_count(len(self.ids()), timeout=150 * SECOND)
        except AssertionError:
            waiting = [name for name, prompt in self.prompts().items() if not prompt.isdigit()]
            pytest.fail(f"Run All did not get to these cells: {waiting}")
        self.wait_idle()

    def run_cell(self, name: str) -> None:
        """Select a cell and press Shift+Enter; wait until it has a new number."""
        before, cell = self.prompts()[name], self.cell(name)
        cell.locator(".jp-InputArea-prompt").click()
        self.page.keyboard.press("Shift+Enter")
        new = re.compile(rf"^\[(?!{before or ' '}\])\d+\]:$")
        expect(cell.locator(".jp-InputArea-prompt")).to_have_text(new, timeout=30 * SECOND)

    def type(self, name: str, source: str) -> None:
        """Replace a cell's source."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def validate(self) -> Locator:
        """Press nbgrader's button and wait for its dialog."""
        self.panel.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_be_visible(timeout=60 * SECOND)
        return dialog

    def save(self) -> None:
        """Press Ctrl+S and wait until the server has written the file."""
        with self.page.expect_response(lambda r: r.request.method == "PUT" and self.file.name in r.url):
            self.page.keyboard.press("ControlOrMeta+s")

    def shoot(self, name: str, at: Locator | None = None) -> None:
        """Keep a screenshot, scrolled to a place of interest, in DEQ_SCREENSHOTS or beside the test's course."""
        if at is not None:
            # An explorer that is still drawing may replace its picture under our eyes.
            with contextlib.suppress(Error):
                at.scroll_into_view_if_needed()
        folder = Path(os.environ.get("DEQ_SCREENSHOTS") or self.lab.root.parent / "screenshots")
        self.page.screenshot(path=folder / f"{name}.png")


# --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab over a copy of the course; asked for after the browser, whose absence is quicker to find."""
    with serve(tmp_path_factory.mktemp("course_root"), tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def chapter(lab: Lab, browser: Browser) -> Iterator[Notebook]:
    """The student version of chapter 01, all cells run once."""
    page = browser.new_page(viewport=VIEW)
    notebook = Notebook(page, lab, CHAPTER)
    notebook.shoot("1-opened")
    notebook.run_all()
    yield notebook
    page.close()


def answers(lab: Lab) -> dict[str, str]:
    """A right answer to each exercise, as a learner would type it."""
    cells = nbformat.read(lab.root / "solutions" / CHAPTER, as_version=4).cells
    marked = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
    return {c["id"]: MARKERS.sub("", c.source).rstrip() for c in marked}


def solved(lab: Lab) -> str:
    """Write the student version with all answers in it; return its name."""
    right, notebook = answers(lab), nbformat.read(lab.root / "course" / CHAPTER, as_version=4)
    for cell in notebook.cells:
        cell.source = right.get(cell["id"], cell.source)
    nbformat.write(notebook, lab.root / "course" / SOLVED)
    return SOLVED


def graded(notebook: NotebookNode) -> list[str]:
    return [c["id"] for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]


def unsolved(notebook: NotebookNode) -> list[str]:
    """The exercises whose solution cell still holds the stub."""
    return [c["id"] for c in notebook.cells if "nbgrader" in c.metadata and "raise NotImplementedError" in c.source]


def check_figures_maths_and_help(chapter: Notebook) -> None:
    chapter.page.wait_for_function("[...document.querySelectorAll('.jp-Notebook img')].every(i => i.complete)")
    images = chapter.panel.locator(".jp-Notebook img").evaluate_all(
        "all => all.map(i => ({alt: i.alt, drawn: i.naturalWidth > 0, "
        "fits: i.width <= i.closest('.jp-Cell').clientWidth}))"
    )
    still = "".join(c.source for c in chapter.read().cells if c.cell_type == "markdown").count("](figures/")
    assert len(images) > still > 0
    assert all(image["drawn"] and image["fits"] for image in images), images
    assert chapter.panel.locator("mjx-container").count() > 0
    assert chapter.panel.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert chapter.panel.locator("details").count() > 0
    assert chapter.panel.locator("details[open]").count() == 0
    assert chapter.crashes == []


def check_alt_texts(chapter: Notebook) -> None:
    mute = []
    for name in chapter.ids():
        alts = chapter.cell(name).locator("img").evaluate_all("all => all.map(image => image.alt.trim())")
        mute += [name] if "" in alts else []
    assert mute == [], "these cells show an image without alt text"
    stills = chapter.panel.locator(".jp-MarkdownCell img")
    assert "" not in stills.evaluate_all("all => all.map(image => image.alt.trim())")


# --------------------------------------------------------------------------------------------------------------


def test_run_all_goes_past_what_is_not_solved(chapter: Notebook) -> None:
    notebook, prompts = chapter.read(), chapter.prompts()
    assert all(prompt.isdigit() for prompt in prompts.values()), prompts

    todo = unsolved(notebook)
    expected = [name for name in graded(notebook) if name.rpartition("-")[0] in todo]
    errors = {name: chapter.cell(name).locator(RED).all_text_contents() for name in prompts}
    chapter.shoot("2-run-all", chapter.cell(expected[0]))
    assert expected
    assert [name for name, texts in errors.items() if texts] == expected
    for name in expected:
        (text,) = errors[name]
        assert text.rstrip().endswith("NotImplementedError: not solved yet")


def test_figures_maths_and_help_are_there(chapter: Notebook) -> None:
    check_figures_maths_and_help(chapter)


def test_every_figure_is_said_in_words(chapter: Notebook) -> None:
    check_alt_texts(chapter)


def test_the_explorer_follows_its_slider(chapter: Notebook) -> None:
    (name,) = chapter.ids("widgets.cobweb_explorer()")
    explorer = chapter.cell(name).locator(".jp-OutputArea-output")
    image = explorer.locator("img")
    expect(explorer.get_by_text("damping β", exact=True)).to_be_visible()
    expect(image).to_have_attribute("alt", re.compile(r"slope -1\.50 iterated with damping 1\.00.*never settles"))
    chapter.shoot("3-explorer", image)
    before = image.get_attribute("src")

    slope = explorer.locator(".widget-hslider", has_text="slope")
    slope.get_by_role("slider").focus()
    for _ in range(7):
        chapter.page.keyboard.press("ArrowRight")
    expect(slope.locator(".widget-readout")).to_have_text("−0.80")
    expect(image).to_have_attribute("alt", re.compile(r"slope -0\.80 .*settles at 1"), timeout=20 * SECOND)
    chapter.shoot("4-explorer-moved", image)
    assert image.get_attribute("src") != before


def test_a_right_answer_passes_and_is_drawn(chapter: Notebook) -> None:
    exercise = "cobweb_points"
    checks = [f"{exercise}-a", f"{exercise}-b"]
    (figure,) = chapter.ids("plots.cobweb(")
    image = chapter.cell(figure).locator("img")
    expect(chapter.cell(figure)).to_contain_text(f"{exercise} is not solved yet")
    before = image.get_attribute("src")

    chapter.type(exercise, answers(chapter.lab)[exercise])
    for name in (exercise, *checks, figure):
        chapter.run_cell(name)
    for name in checks:
        expect(chapter.cell(name).locator(RED)).to_have_count(0)
        expect(chapter.cell(name)).to_contain_text("visible checks passed")
    expect(chapter.cell(figure)).not_to_contain_text("is not solved yet")
    expect(image).not_to_have_attribute("src", before or "")
    chapter.shoot("5-solved-check", chapter.cell(checks[0]))
    chapter.shoot("6-solved-figure", image)


def test_validate_names_the_checks_that_fail(chapter: Notebook) -> None:
    chapter.save()
    notebook = chapter.read()
    todo = unsolved(notebook)
    failing = [c for c in notebook.cells if c["id"] in graded(notebook) and c["id"].rpartition("-")[0] in todo]
    assert failing
    dialog = chapter.validate()
    chapter.shoot("7-validate")
    expect(dialog.get_by_text("The following cell failed:")).to_have_count(len(failing))
    # Each failing cell is shown as it stands, and then its error.
    shown = dialog.locator("pre").all_inner_texts()
    assert shown[::2] == [cell.source for cell in failing]
    assert all(text.rstrip().endswith("NotImplementedError: not solved yet") for text in shown[1::2])
    dialog.get_by_role("button", name="Ok").click()
    expect(dialog).to_have_count(0)


def test_validate_is_content_with_a_solved_notebook(lab: Lab, browser: Browser) -> None:
    page = browser.new_page(viewport=VIEW)
    notebook = Notebook(page, lab, solved(lab))
    dialog = notebook.validate()
    notebook.shoot("8-validate-solved")
    expect(dialog).to_contain_text("Success! Your notebook passes all the tests.")
    page.close()


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_chapter_runs_and_shows(lab: Lab, browser: Browser, name: str) -> None:
    page = browser.new_page(viewport=VIEW)
    chapter = Notebook(page, lab, f"{name}/{name}.ipynb")
    chapter.run_all()
    notebook = chapter.read()
    errors = {id: chapter.cell(id).locator(RED).all_text_contents() for id in chapter.prompts()}
    assert [id for id, texts in errors.items() if texts] == graded(notebook)
    assert all("NotImplementedError: not solved yet" in texts[-1] for texts in errors.values() if texts)
    check_figures_maths_and_help(chapter)
    check_alt_texts(chapter)

    (explorer,) = chapter.ids("widgets.")[-1:]
    output = chapter.cell(explorer).locator(".jp-OutputArea-output")
    image, control = output.locator("img"), output.locator("[role=slider], select").first
    chapter.shoot(f"{name}-explorer", image)
    before = image.get_attribute("src") or ""
    if control.evaluate("node => node.tagName") == "SELECT":
        control.select_option(index=1)
    else:
        control.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
    expect(image).not_to_have_attribute("src", before, timeout=20 * SECOND)
    chapter.shoot(f"{name}-explorer-moved", image)
    for number, cell in enumerate(chapter.ids("plots.")):
        if chapter.cell(cell).locator("img").count():
            chapter.shoot(f"{name}-figure-{number}", chapter.cell(cell).locator("img").first)
    page.close()
