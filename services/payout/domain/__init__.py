"""Pure: what happens to a claim's payments, and the double entries that follow."""
