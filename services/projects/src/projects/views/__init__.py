"""What projects keeps in lists: projections of its own ledger."""
