"""The history: every document that any service recorded."""
