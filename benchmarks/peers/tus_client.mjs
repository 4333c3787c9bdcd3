// Uploads a file by tus-js-client and prints, as JSON, the upload's address and how many seconds it took.
//
//     node tus_client.mjs <folder of modules> <endpoint> <file> <bytes of a chunk>

import { createReadStream } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

const [modules, endpoint, file, chunk] = process.argv.slice(2)
const tus = createRequire(join(modules, "any.js"))("tus-js-client")

const started = performance.now()
const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  chunkSize: Number(chunk),
  metadata: { filename: "measured.bin", filetype: "application/octet-stream" },
  retryDelays: null, // whatever is refused ends the measurement
  onError(error) {
    console.error(error)
    process.exitCode = 1
  },
  onSuccess() {
    console.log(JSON.stringify({ url: upload.url, seconds: (performance.now() - started) / 1000 }))
  },
})
upload.start()
