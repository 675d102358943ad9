"""How often Python looks for reference cycles in a service or a replay: seldom, as nothing lives in one for long.

With the interpreter's defaults the collector took a fifth of a service's processor time under load: each full pass
walks every cached state and every model class. What is freed by reference counts, nearly everything, is freed as ever.
"""

import gc

# Objects that may come into being before the young ones are looked at (700 by default); a batch makes some 50,000.
YOUNG_OBJECTS = 50_000
YOUNG_PASSES_PER_MIDDLE = 20
MIDDLE_PASSES_PER_FULL = 50


def tune_collector() -> None:
    """To be called once a process is built, service or replay: what exists by then is never walked again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_PASSES_PER_MIDDLE, MIDDLE_PASSES_PER_FULL)
