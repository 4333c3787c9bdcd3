"""The server of the laptop: the app behind HTTP/1.1 that keeps its promises."""
