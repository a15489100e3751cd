"""Chapters: what a service consists of, said once, and what is derived from it."""
