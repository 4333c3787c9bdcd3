// Uploads a file with tus-js-client as one JSON argument tells, and prints what came of it as one line of JSON.
//
//   file        the path of the file; with `stream` it is read as a stream of unknown length
//   stopAfter   end the client's work once so many bytes were accepted; with `terminate` the upload too
//   storage     the path of a file that remembers uploads; what it remembers of this file is resumed
//   options     of tus.Upload
const fs = require('node:fs')
const { PassThrough } = require('node:stream')
const tus = require('tus-js-client')

const told = JSON.parse(process.argv[2])
const sent = []

function input() {
  if (told.stream) return fs.createReadStream(told.file).pipe(new PassThrough())
  return told.whole ? fs.readFileSync(told.file) : fs.createReadStream(told.file)
}

function finish(outcome) {
  console.log(JSON.stringify({ url: upload.url, requests: sent, ...outcome }))
  process.exit(0)
}

async function stop() {
  await upload.abort(Boolean(told.terminate))
  finish({ stopped: true })
}

let stopping = false
const upload = new tus.Upload(input(), {
  retryDelays: [0, 200, 500, 1000, 2000, 3000, 5000],
  removeFingerprintOnSuccess: true,
  ...told.options,
  ...(told.storage ? { urlStorage: new tus.FileUrlStorage(told.storage) } : {}),
  onAfterResponse: (request, response) => {
    sent.push(`${request.getMethod()} ${response.getStatus()}`)
  },
  onProgress: (bytes) => {
    if (told.stopAfter !== undefined && bytes >= told.stopAfter && !stopping && upload.url) {
      stopping = true
      stop()
    }
  },
  onError: (error) => {
    if (!stopping) finish({ error: String(error), status: error.originalResponse?.getStatus() })
  },
  onSuccess: (payload) => {
    if (!stopping) finish({ job: payload?.lastResponse?.getHeader('Prism-Job') ?? null })
  },
})

async function main() {
  if (told.storage) {
    const [previous] = await upload.findPreviousUploads()
    if (previous) upload.resumeFromPreviousUpload(previous)
  }
  upload.start()
}

main()
