"""What operations watch. Prometheus keeps the numbers; `/metrics` of each process shows them."""

from prometheus_client import Counter, Gauge, Histogram

BUILD = Gauge("mandate_build_info", "1, under the build of a service that runs here", ["service", "version", "python"])
APPEND_BATCH = Histogram(
    "mandate_append_batch_commands",
    "Commands decided and written in one statement",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
APPEND_SECONDS = Histogram(
    "mandate_append_seconds",
    "Duration of the write of one batch",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
APPEND_COLLISIONS = Counter("mandate_append_collisions", "Batches decided again because another process wrote first")
OUTBOX_AGE = Gauge("mandate_outbox_age_seconds", "Age of the oldest event not yet sent to Kafka", ["service"])
CONSUMER_LAG = Gauge(
    "mandate_consumer_lag_events", "Events of a source not yet consumed", ["service", "consumer", "source"]
)
PARKED = Gauge(
    "mandate_parked_events", "Events put aside because their handler failed", ["service", "consumer", "source"]
)
HALTED = Gauge(
    "mandate_consumer_halted",
    "1 where a consumer stopped on a loss or a fork",
    ["service", "consumer", "source"],
)
LEDGER_CLOSED = Gauge(
    "mandate_ledger_closed",
    "1 where a ledger takes no commands: it is behind its topic, or not compared with it yet",
    ["service"],
)
