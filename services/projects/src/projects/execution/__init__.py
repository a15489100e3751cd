"""The project itself: phases, conditions, what it takes up."""
