"""The npm protocol over HTTP: one module a subject, each with its table of routes."""
