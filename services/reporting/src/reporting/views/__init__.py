"""The archive of all documents, and the lists made from it."""
