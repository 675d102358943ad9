"""What a replay of history runs in: a process that cannot touch the outside, and parts that survive a kill."""

from libs.replay.seal import EffectRefused, NotSealable, Seal, seal_process
from libs.replay.units import OtherReplay, Units

__all__ = ["EffectRefused", "NotSealable", "OtherReplay", "Seal", "Units", "seal_process"]
