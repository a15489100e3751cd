"""A service as a program: settings, application, worker, operations."""
