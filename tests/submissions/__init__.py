"""Submissions of honest, careless and hostile students, as functions that make them, for the tests of the grader."""
