"""Replay: what any day looked like, told from an export alone, with no service running."""
