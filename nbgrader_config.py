"""nbgrader's view of the repository: solutions/ is the source, course/ the release, grading/ (ignored) the rest."""

import contextlib
from pathlib import Path

c = get_config()  # noqa: F821  (traitlets defines it)
root = Path(__file__).resolve().parent

c.CourseDirectory.root = str(root)
c.CourseDirectory.course_id = "deq"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{root / 'grading' / 'gradebook.db'}"
with contextlib.suppress(OSError):  # nbgrader opens the database there without making the folder
    (root / "grading").mkdir(mode=0o700, exist_ok=True)  # grades are nobody else's business

# What a learner sees in place of a solution.
c.ClearSolutions.code_stub = {"python": '# Your code here.\nraise NotImplementedError("not solved yet")'}

# After nbgrader's own steps: "Run All" in the student version goes on past an unsolved exercise.
c.GenerateAssignment.preprocessors.append("deqlib.course.build.RunOn")

# A learner's tag must not keep a test from running: nbgrader takes a test without output for a passed one.
c.Execute.skip_cells_with_tag = "no such tag"

# A cell that takes longer earns nothing; a chapter as a whole runs in less.
c.Execute.timeout = 120
# The kernel's own remarks about its sockets say nothing to a grader.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=40"]
