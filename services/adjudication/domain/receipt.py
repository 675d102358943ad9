"""A decision's explanation as it is recorded with it."""

from libs.benefits.recorded import recorded_explanation

__all__ = ["recorded_explanation"]
