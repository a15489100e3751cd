"""Views: lists that events become, kept, rebuilt, and told of the past."""
