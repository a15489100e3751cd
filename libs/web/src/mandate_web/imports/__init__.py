"""Imports: many commands in one body, answered line by line or as a job."""
