"""Transports: each document of a ledger, byte for byte, in order, at least once."""
