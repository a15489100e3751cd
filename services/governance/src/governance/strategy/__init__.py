"""Strategy and intake: what the organisation wants, what is proposed, and what is done of it."""
