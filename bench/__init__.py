"""`make bench`: what the product costs, against the physical limit and against its peers, side by side in one run."""
