"""The npm protocol: what unmodified npm, pnpm, yarn and bun ask for below `/npm`."""
