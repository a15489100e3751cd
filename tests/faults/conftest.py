"""What is a campaign and nothing else runs in `make faults` only; `make test` has a short run of each elsewhere."""

import os

collect_ignore = [] if "MANDATE_FAULT_ROUNDS" in os.environ else ["test_api_fuzz.py"]
