"""Reporting over HTTP: the portfolio, the history, the refusals on record."""
