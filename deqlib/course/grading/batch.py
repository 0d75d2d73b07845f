"""Grade a class's notebooks of one chapter: several at once, nothing lost, and no point for what no judge has seen.

    FOLDER --collect--> bytes --rebuild--> Work --Runner, in a sandbox--> Ran --Judges--> verdicts --> gradebook

Threads wait for sandboxes and judges. The calling thread alone writes the gradebook, the files and the journal, in
this order: a grader that is killed, at whatever moment, repeats at most the submissions that it was at.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from deqlib.course.chapter import Chapter, CourseError, Exercise, exercises, load_notebook, write_text
from deqlib.course.grading import collecting, feedback
from deqlib.course.grading.collecting import Submission, collect
from deqlib.course.grading.gradebook import Book, BookError
from deqlib.course.grading.journal import Entry, Journal, alone, digest
from deqlib.course.grading.judging import Judges, JudgesError, locked_cells
from deqlib.course.grading.lines import LinesError
from deqlib.course.grading.rebuilders import Rebuilders
from deqlib.course.grading.report import as_csv, as_table
from deqlib.course.grading.sandbox import Kind
from deqlib.course.grading.threads import Farm, Runs, in_threads, make_farm
from deqlib.course.grading.verdicts import Verdict, plain
from deqlib.course.grading.work import Limits, Ran, Work

__all__ = ["grade"]

# The probes of the course return at most 3.2 MB; all that a submission returns is in memory at once.
_LIMITS = Limits(value_bytes=16 << 20)
# What a machine that is short of time or memory can do to an honest answer: worth a second look.
_MACHINE = ("timed out", "killed", "not run")


@dataclass(frozen=True)
class Options:
    """How to grade; see `grade`."""

    limits: Limits
    again: bool
    with_tests: bool
    seed: int | None
    only: str | None


@dataclass
class Job:
    """A submission that has to run, and what came of it."""

    submission: Submission
    seed: int
    data: bytes = b""
    before: Entry | None = None  # where one exercise is graded anew: the entry that has the others
    work: Work | None = None
    ran: Ran | None = None
    verdicts: dict[str, Verdict] | None = None


def grade(
    chapter: Chapter,
    folder: Path,
    out: Path,
    console: Console,
    *,
    workers: int | None = None,
    kind: Kind = "bubblewrap",
    limits: Limits = _LIMITS,
    again: bool = False,
    with_tests: bool = False,
    seed: int | None = None,
    only: str | None = None,
    cluster: str | None = None,
) -> list[Submission]:
    """Grade every submission of a chapter that lies in a folder; print a table; write a CSV and feedback.

    What was graded before and has not changed is not graded again.

    Args:
        chapter: the chapter; its solved notebook in solutions/ has probes and judges.
        folder: holds STUDENT/NN_name.ipynb, STUDENT/NN_name/NN_name.ipynb, STUDENT.ipynb or STUDENT.zip, mixed.
        out: the CSV goes to out/NN_name.csv; an older one is replaced.
        console: where the progress bar and the table go.
        workers: how many submissions run at once; by default the cores of this machine or the threads of the cluster.
        kind: the sandbox; see `sandbox.find`.
        limits: what one submission may use.
        again: grade also what was graded before.
        with_tests: show the hidden tests in the feedback.
        seed: what the probes draw from; by default drawn for each submission and kept in the journal.
        only: an exercise, by name or number: grade its tests alone and leave the points of the others as they are.
        cluster: the address of a dask.distributed scheduler, on whose workers the submissions run.

    Raises:
        CourseError: there is nothing to grade, no sandbox, or nbgrader does not accept the chapter.
    """
    found = exercises(load_notebook(chapter.source), chapter.number)
    options = Options(limits, again, with_tests, seed, _exercise(found, only))
    submissions = collect(folder, chapter.name)
    runs = chapter.root / "grading" / "runs"
    with make_farm(kind, limits, workers, cluster) as (farm, count), alone(runs / f"{chapter.name}.lock"):
        try:
            with Book(chapter) as book:
                batch = _Batch(chapter, book, Journal(runs / f"{chapter.name}.jsonl"), options)
                jobs = [job for s in submissions if (job := batch.job(s)) is not None]
                if jobs:
                    batch.run(jobs, farm, min(count, len(jobs)), console)
                for submission in submissions:
                    batch.finish(submission)
        except BookError as error:
            raise CourseError(f"{error}; what was graded is kept, grade again") from None
    path = out / f"{chapter.name}.csv"
    write_text(path, as_csv(chapter, submissions, found))
    console.print(as_table(chapter, submissions, found))
    pages = chapter.root / "grading" / "feedback" / "STUDENT" / chapter.name
    console.print(f"Grades: {path}\nFeedback: {pages}", markup=False, soft_wrap=True)
    return submissions


def _exercise(found: list[Exercise], only: str | None) -> str | None:
    names = {e.number: e.name for e in found} | {e.name: e.name for e in found}
    if only is not None and only not in names:
        raise CourseError(f"no exercise {only!r}; exercises here: {', '.join(e.name for e in found)}")
    return names[only] if only is not None else None


class _Batch:
    """One call of `grade` on one chapter."""

    def __init__(self, chapter: Chapter, book: Book, journal: Journal, options: Options) -> None:
        self._chapter, self._book, self._journal, self._options = chapter, book, journal, options
        self._notebook = digest(chapter.source.read_bytes())

    # Before

    def job(self, submission: Submission) -> Job | None:
        """What has to run for a submission: nothing if it cannot be read, or was graded before."""
        if submission.remark:
            return None
        try:
            data = collecting.read(submission.path, self._chapter.name)
        except Exception as error:
            submission.remark = plain(error) if isinstance(error, CourseError) else _unreadable(error)
            return None
        entry, options = self._journal.last(submission.student), self._options
        same = entry is not None and entry.submission == digest(data)
        if entry is not None and same and self._is_done(entry):
            submission.verdicts, submission.remark, submission.seed = entry.verdicts, entry.remark, entry.seed
            return None
        seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        return Job(submission, seed, before=entry if same and options.only else None)

    def _is_done(self, entry: Entry) -> bool:
        options = self._options
        if options.again or (entry.notebook, entry.with_tests) != (self._notebook, options.with_tests):
            return False
        if options.seed not in (None, entry.seed):
            return False
        # The gradebook may have been moved away or set back since.
        return self._book.automatic(entry.student) == {name: v.earned for name, v in entry.verdicts.items()}

    # During

    def run(self, jobs: list[Job], farm: Farm, count: int, console: Console) -> None:
        """Run jobs, then those again, one at a time, that may have lost points to a loaded machine."""
        waiting: list[Job] = []
        # Four, because a submission is judged in a small part of the time that its probes take.
        with (
            Judges(locked_cells(self._chapter), min(count, 4)) as judges,
            Rebuilders(min(count, 2)) as rebuilders,
            Progress(console=console, transient=True) as bar,
        ):
            task = bar.add_task("Grading", total=len(jobs))
            steps: list[tuple[list[Job], int]] = [(jobs, count), (waiting, 1)]

            def attempt(runs: Runs, job: Job) -> None:
                self._try(runs, job, judges, rebuilders)

            for number, (part, threads) in enumerate(steps):
                for job in in_threads(part, farm, threads, attempt):
                    if number == 0 and _may_be_the_machine(job):
                        waiting.append(job)
                        continue
                    self._record(job)
                    job.data, job.work, job.ran = b"", None, None  # a class of hundreds should not pile up here
                    bar.update(task, advance=1, description=f"Graded {plain(job.submission.student, 30)}")

    def _try(self, runs: Runs, job: Job, judges: Judges, rebuilders: Rebuilders) -> None:
        """Rebuild, run and judge a submission; everything that goes wrong becomes its remark."""
        submission = job.submission
        try:
            job.work = job.work or self._rebuild(job, rebuilders)
        except CourseError as error:
            submission.remark = plain(error)
            return
        except Exception as error:
            submission.remark, submission.failed = _not_now(error), True
            return
        try:
            wanted = self._wanted(job, job.work)
            ran = runs.run(_without_judges(wanted), job.seed)
            found = judges.verdicts(wanted, ran, job.seed, self._options.limits.value_bytes)
            if not ran.outputs and all(v.state == "not run" for v in found.values()):
                raise CourseError(ran.remark or "not one of its cells ran")
        except Exception as error:  # our fault or the machine's, whatever it is; it must not stop the others
            submission.remark, submission.failed = _not_now(error), True
        else:
            first = job.verdicts or {}
            job.verdicts = first | {n: v for n, v in found.items() if n not in first or v.earned > first[n].earned}
            before = job.ran.seconds if job.ran is not None else 0.0
            # All cells but passed tests have run anew: what is to be said of them is what was seen last.
            job.ran = replace(job.ran or ran, outcomes={}, seconds=before + ran.seconds, remark=ran.remark)

    def _rebuild(self, job: Job, rebuilders: Rebuilders) -> Work:
        job.data = collecting.read(job.submission.path, self._chapter.name)
        return rebuilders.rebuild(self._chapter, job.submission.path.name, job.data)

    def _wanted(self, job: Job, work: Work) -> Work:
        """The tests of a submission that have to run: all, those of one exercise, or those that ran out of time."""
        names = set(work.tests)
        if job.before is not None:
            names = {n for n in names if work.tests[n].exercise == self._options.only}
        if job.verdicts is not None:
            lost = job.ran is not None and job.ran.lost
            states = {n: v.state for n, v in job.verdicts.items()}
            names = {n for n in names if n in states and (states[n] in _MACHINE or (lost and states[n] != "passed"))}
        cells = tuple(c for c in work.cells if c.kind != "test" or c.id in names)
        return replace(work, cells=cells, tests={n: t for n, t in work.tests.items() if n in names})

    # After

    def _record(self, job: Job) -> None:
        """Write down what became of a submission, unless nothing became of it: then an older record stands."""
        submission, student = job.submission, job.submission.student
        if submission.remark:
            return
        if job.work is None or job.ran is None or job.verdicts is None:
            submission.remark, submission.failed = "not graded now: its thread ended; grade again", True
            return
        old = job.before.verdicts if job.before is not None else {}
        verdicts = {n: v for n in job.work.tests if (v := job.verdicts.get(n) or old.get(n)) is not None}
        remark = plain("; ".join(filter(None, (job.ran.remark, *job.work.remarks))), 500)
        graded = feedback.Graded(job.work, job.ran.outputs, verdicts)
        with_tests = self._options.with_tests
        entry = Entry(
            student, digest(job.data), self._notebook, job.seed, verdicts, remark, round(job.ran.seconds, 2),
            dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), with_tests,
        )  # fmt: skip
        try:
            self._book.record(student, verdicts, collecting.handed_in(submission.path))
            scores = self._book.scores(student) or {}
            feedback.write(self._chapter, student, job.data, graded, scores, remark, with_tests=with_tests)
            self._journal.add(entry)
        except Exception as error:  # one that cannot be written, for whatever reason, must not stop the others
            what = error if isinstance(error, BookError | OSError) else f"{type(error).__name__}: {error}"
            submission.remark, submission.failed = f"not recorded: {plain(what)}; grade again", True
        else:
            submission.verdicts, submission.remark, submission.seed = verdicts, remark, job.seed

    def finish(self, submission: Submission) -> None:
        """Read the points that the gradebook has, and say so where they are of an earlier grading."""
        submission.scores = self._book.scores(submission.student) or {}
        if submission.scores and not submission.verdicts:
            submission.remark += "; the grade of an earlier grading stands"


def _may_be_the_machine(job: Job) -> bool:
    lost = job.ran is not None and job.ran.lost and any(v.state != "passed" for v in (job.verdicts or {}).values())
    return not job.submission.remark and (lost or any(v.state in _MACHINE for v in (job.verdicts or {}).values()))


def _not_now(error: Exception) -> str:
    what = error if isinstance(error, CourseError | JudgesError | LinesError) else f"{type(error).__name__}: {error}"
    return f"not graded now: {plain(what)}; grade again"


def _unreadable(error: Exception) -> str:
    return f"it cannot be read ({plain(f'{type(error).__name__}: {error}', 200)})"


def _without_judges(work: Work) -> Work:
    """What may enter a sandbox or another machine: everything but the halves that know the expected values."""
    return replace(work, tests={name: replace(test, judge="") for name, test in work.tests.items()})
