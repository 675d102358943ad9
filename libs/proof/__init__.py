"""What a check found and how it is told, and the cut of a deployment's logs that checks read."""

from libs.proof.cut import Cut, CutUnreadable
from libs.proof.report import Checked, Finding, Reporter

__all__ = ["Checked", "Cut", "CutUnreadable", "Finding", "Reporter"]
