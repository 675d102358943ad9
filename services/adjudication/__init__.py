"""Adjudication: the claim's process, the benefit year's balances, the decision and its explanation."""
