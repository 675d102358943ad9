"""What enrolment decides, without any I/O."""
