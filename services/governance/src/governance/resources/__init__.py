"""The resource pool: who there is, how much each can do, and what of it is committed to which project."""
