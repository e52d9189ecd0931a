// Reads links from standard input, one a line, as the claim page does; writes what it found, one JSON a line.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { batchIdOf, claimCall, giftIdOf, readLink, subscriptionIdOf } = await import(
  pathToFileURL(process.argv[2])
);
const recipient = process.argv[3];

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  try {
    const link = readLink(JSON.parse(line));
    const id = link.kind === "gift" ? giftIdOf(link) : subscriptionIdOf(link);
    const found = { id, batch: link.kind === "gift" ? batchIdOf(link) : id, message: link.message };
    console.log(JSON.stringify({ ...found, ...claimCall(link, recipient) }));
  } catch (error) {
    console.log(JSON.stringify({ refused: error.reason ?? `${error.stack}` }));
  }
}
