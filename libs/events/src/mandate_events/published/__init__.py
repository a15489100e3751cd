"""What others hold in their hands: contracts, topics, pages, and what may not break."""
