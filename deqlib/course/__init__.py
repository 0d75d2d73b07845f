"""What turns notebooks into a course: checks with messages, the student version, grading, progress."""
