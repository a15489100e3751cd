"""The methodology: versions of standards, what differs between them, and ready ones to begin with."""
