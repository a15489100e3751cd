"""Who was given which role: mandates, and the posts of a project."""
