"""The instructor's road: hand out, hand in, collect, late work, points by hand, feedback, grades, statistics."""
