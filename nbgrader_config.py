"""nbgrader's view of the repository: solutions/ is the source, course/ the release, grading/ (ignored) the rest."""

from pathlib import Path

from nbgrader.converters import GenerateAssignment

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

# What a learner sees in place of a solution.
c.ClearSolutions.code_stub = {"python": '# Your code here.\nraise NotImplementedError("not solved yet")'}

# After nbgrader's own steps: "Run All" in the student version goes on past an unsolved exercise.
c.GenerateAssignment.preprocessors = [*GenerateAssignment.preprocessors.default_args[0], "deqlib.course.build.RunOn"]
c.Execute.timeout = 120
