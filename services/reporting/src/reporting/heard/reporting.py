"""What reporting reads of its own events: it archives them like everybody's, and no list needs them yet."""

from typing import Final

from mandate_events.event import Catalogue

REPORTING: Final = Catalogue("reporting", ())
