"""News of a ledger: wakes whoever waits for it to grow, in this process."""

import asyncio


class News:
    """Take `next` first, then look at the ledger, then wait for it: nothing is missed in between."""

    def __init__(self) -> None:
        self.next = asyncio.Event()
        """Set as soon as something new may be there."""

    def tell(self) -> None:
        told, self.next = self.next, asyncio.Event()
        told.set()
