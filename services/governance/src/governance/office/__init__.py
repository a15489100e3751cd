"""The office: its charter and its members."""
