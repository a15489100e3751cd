"""Alembic's entry point; the rest is shared by all services."""

from mandate_events.ledger.migrating import run_env

run_env()
