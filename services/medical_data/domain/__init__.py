"""Pure: when to ask again, and what an answer makes of a claim. Reads no clock, no network, no randomness."""
