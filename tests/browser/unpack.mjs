// Unpacks the pinned browser, and the libraries that it needs, into the folder that TMPDIR names.

import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"

// The libraries come along where it takes itself to be in Lambda.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x"
const { resolve } = createRequire(import.meta.url)
const { default: chromium } = await import(pathToFileURL(resolve("@sparticuz/chromium")))
await chromium.executablePath()
