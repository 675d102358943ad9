"""Projections: read models for each participant, built from every service's events."""
