"""Uploads of any size over HTTP: tus 1.0.0 with its extensions, and the IETF's draft of resumable uploads."""
