"""What the PMO watches: figures with thresholds, and whether projects comply with what holds for them."""
