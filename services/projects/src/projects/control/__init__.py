"""Whether the project is within what it was given: tolerances, forecasts, corrective actions."""
