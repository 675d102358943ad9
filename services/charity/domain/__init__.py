"""Pure: programmes, burdens and referrals. Reads no clock, no network, no randomness."""
