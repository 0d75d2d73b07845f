"""What runs inside the grader's sandbox, beside student code; it imports nothing of the outside, `course.grading`."""
