"""Charity: who is left with a burden that passes a programme's threshold is referred to it, once for each need."""
