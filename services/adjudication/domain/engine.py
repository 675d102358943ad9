"""The program that decides here. A plan is data under a digest of its own; what evaluates it is under this one."""

from typing import Final

from libs.benefits.engine import engine_digest

ENGINE: Final = engine_digest("libs.benefits", "libs.money", "services.adjudication.domain")
"""Of the sources as they were when this process started."""
