"""What a `watch` shows of itself over HTTP: metrics for Prometheus, and whether it is well."""
