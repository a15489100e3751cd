"""The ledger: decided on, written, followed and read."""
