"""What governance decided, as this service recognises it."""
