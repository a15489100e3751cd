"""The event is the document: its bytes, its attributes, and what ids and hashes look like."""
