"""The registry behind this one: asked over HTTP, and what it answers made one's own."""
