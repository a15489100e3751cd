"""Problem documents, and the words of every refusal in English and French."""
