"""What projects ask of the PMO, kind by kind: each opens by what was heard, is decided once, and is answered."""
