"""The server of the laptop: Chalice's local gateway behind HTTP/1.1 that keeps its promises."""
