"""People: who they are, and the mandates they hold."""
