"""What governance shows in lists: projections of its own ledger."""
