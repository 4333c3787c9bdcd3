// What is in a zip archive, as yauzl reads it: the CRC-32 of each member by its name, or of the one that is asked for.
const { createInterface } = require("node:readline");
const { crc32 } = require("node:zlib");
const yauzl = require("yauzl");

async function sums({ path, only }) {
  return new Promise((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      const found = {};
      zip.on("error", reject);
      zip.on("end", () => resolve(found));
      zip.on("entry", (entry) => {
        if (only !== undefined && entry.fileName !== only) return zip.readEntry();
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure);
          let sum = 0;
          stream.on("error", reject);
          stream.on("data", (chunk) => { sum = crc32(chunk, sum); });
          stream.on("end", () => { found[entry.fileName] = sum; zip.readEntry(); });
        });
      });
      zip.readEntry();
    });
  });
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await sums(JSON.parse(line))));
  }
}

main();
