"""The HTTP edge of enrolment."""
