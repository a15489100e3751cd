"""Routes of things: who may, commands in and receipts out, things and lists, now and in the past."""
