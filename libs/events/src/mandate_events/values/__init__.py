"""Values that decisions compute with: money, hours, days, periods."""
