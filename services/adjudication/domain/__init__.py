"""Pure: what happens to a person's claims. Reads no clock, no network, no randomness."""
