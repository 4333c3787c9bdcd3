"""The npm protocol over HTTP, below `/npm`: what npm, pnpm, yarn and bun speak."""
