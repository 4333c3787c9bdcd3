"""How events are delivered: how often one is tried, for how long, and where it lies when it was given up."""

from typing import Final

RETRIES: Final = 2
"""How often Lambda repeats an event that a function failed on; two is Lambda's most."""
MAXIMUM_AGE_SECONDS: Final = 6 * 3600
"""How long an event may wait for a function that is throttled; six hours is Lambda's most."""
DEAD_LETTER_SECONDS: Final = 14 * 24 * 3600
"""How long an event that was given up is kept; fourteen days is SQS's most."""
