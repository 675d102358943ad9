"""Enrolment: who is covered by which plan, with a status frozen at enrolment; and who is erased."""
