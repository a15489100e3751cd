"""What a project asks of the PMO, kind by kind: requested here, decided in governance, and applied here or not."""
