"""Bringing files to the registry: in one request, resumable by tus, or directly to its bucket."""
