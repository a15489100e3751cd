"""Lists that are special."""
