"""Independent processes that speak through events only. No service imports another."""

import sys

from libs.runtime.collector import collect_seldom

# So while `python -m services.NAME` looks for its module, never when somebody imports it. With the usual thresholds all
# that is imported is walked again and again: a fifth of the processor time until a service is ready.
if sys.argv[:1] == ["-m"]:
    collect_seldom()
