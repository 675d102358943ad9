"""Pure: facts, features, rules and reviews. Reads no clock, no network, no randomness."""
