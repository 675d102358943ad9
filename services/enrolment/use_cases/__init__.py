"""What enrolment does, one file each."""
