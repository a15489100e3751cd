"""What reporting reads of its own events: it archives them like everybody's, and no list needs them yet."""

from typing import Final

from mandate_events.document.event import Catalogue

REPORTING: Final = Catalogue("reporting", ())
