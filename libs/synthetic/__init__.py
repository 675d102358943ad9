"""Synthetic people and discharges, calibrated and seeded; and the real and published inputs of the demo."""

from libs.synthetic.discharges import Discharge, discharges, labelled_discharges
from libs.synthetic.insured import Coverage, Insured
from libs.synthetic.population import Population

__all__ = ["Coverage", "Discharge", "Insured", "Population", "discharges", "labelled_discharges"]
