// Uploads a file from a page by tus-js-client as browsers have it: in two goes, the second of which resumes the first.

import { createRequire } from "node:module"

const client = createRequire(import.meta.url).resolve("tus-js-client/dist/tus.min.js")

export default async function upload(page, { address, endpoint, file, chunkSize }) {
  await page.goto(address)
  await page.addScriptTag({ path: client })
  const input = await page.waitForSelector("input[type=file]")
  await input.uploadFile(file)
  return page.evaluate(uploadTwice, endpoint, chunkSize)
}

// Runs in the page.
async function uploadTwice(endpoint, chunkSize) {
  const [file] = document.querySelector("input[type=file]").files
  const go = (resumed, stopAfter) =>
    new Promise((resolve, reject) => {
      const upload = new tus.Upload(file, {
        endpoint,
        chunkSize,
        metadata: { filename: file.name, filetype: file.type },
        onError: reject,
        onSuccess: () => resolve(upload),
        onChunkComplete(_size, sent) {
          if (sent >= stopAfter) upload.abort().then(() => resolve(upload), reject)
        },
      })
      if (resumed) upload.resumeFromPreviousUpload(resumed)
      upload.start()
    })
  await go(null, chunkSize)
  const [previous] = await new tus.Upload(file, { endpoint }).findPreviousUploads()
  const upload = await go(previous, Infinity)
  const stored = await fetch(upload.url)
  const digest = await crypto.subtle.digest("SHA-256", await stored.arrayBuffer())
  return {
    url: upload.url,
    resumed: previous.uploadUrl,
    sha256: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  }
}
