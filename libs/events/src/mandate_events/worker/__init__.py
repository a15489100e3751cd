"""What a worker does: relay, consume, react, keep time, recover."""
