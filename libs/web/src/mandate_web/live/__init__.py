"""Live: events as they are recorded, to who may see them."""
