"""The portfolio: all projects at a glance."""
