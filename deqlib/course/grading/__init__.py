"""Grading a class: submissions collected, rebuilt, run in a sandbox, judged, written into nbgrader's gradebook."""

from deqlib.course.grading.batch import grade
from deqlib.course.grading.collecting import Submission, collect

__all__ = ["Submission", "collect", "grade"]
