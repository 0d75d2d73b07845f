"""Grading a class: submissions rebuilt on our notebook, run in a sandbox, judged outside, kept in nbgrader's book."""

from deqlib.course.grading.stock import Submission, collect, grade

__all__ = ["Submission", "collect", "grade"]
