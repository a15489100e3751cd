"""Who holds which mandate, as it was heard."""
