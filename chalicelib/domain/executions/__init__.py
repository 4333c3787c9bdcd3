"""Executions as values: jobs, the runs that work on them, checkpoints, events, leases, and the names these have."""
