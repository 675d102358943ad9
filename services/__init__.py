"""Independent processes that speak through events only. No service imports another."""

import sys

from libs.runtime.collector import collect_seldom

# So while `python -m services.NAME` looks for its module, never when somebody imports it. With the usual thresholds all
# that is imported is walked again and again: a tenth of the processor time of importing a service.
if sys.argv[:1] == ["-m"]:
    collect_seldom()
