"""Routes that are special."""
