"""Fraud: explainable rules over a person's history, and the reviews that people conclude."""
