"""Project execution over HTTP: commands are resources in the domain's words."""
