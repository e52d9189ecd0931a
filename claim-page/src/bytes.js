// The bytes of links: what largesse/bytestream.py and largesse/gifts/link_frame.py write. Base64url of version, length,
// body and the first four bytes of a keccak256 over all that.

import { bytesToBigInt, bytesToHex, getAddress, keccak256 } from "viem/utils";

export const ZERO_ADDRESS = `0x${"00".repeat(20)}`;
const CHECKSUM = 4;
const MAX_VARINT_BYTES = 37; // 256 bits in groups of seven

/** Why a link can't be read: `reason` for programs, the message for people. */
export class LinkError extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

/** Takes fields off the front of some bytes; throws a LinkError where they end too early. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.position = 0;
  }

  take(count) {
    const end = this.position + count;
    if (end > this.bytes.length)
      throw new LinkError("link_truncated", "The link is cut: its end is missing.");
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  byte() {
    return this.take(1)[0];
  }

  /** A number of 256 bits, high byte first. */
  word() {
    return bytesToBigInt(this.take(32));
  }

  /** In EIP-55 spelling. */
  address() {
    return getAddress(bytesToHex(this.take(20)));
  }

  /** LEB128 of at most 256 bits, in its shortest form. */
  varint() {
    let number = 0n;
    for (let count = 0; ; count++) {
      if (count === MAX_VARINT_BYTES) throw malformed("it holds a number that is too long");
      const part = this.byte();
      number |= BigInt(part & 0x7f) << BigInt(7 * count);
      if (part & 0x80) continue;
      if (number >> 256n || (part === 0 && count > 0))
        throw malformed("it holds a number that is too large or padded");
      return number;
    }
  }

  finish() {
    if (this.position !== this.bytes.length) throw malformed("some of its bytes mean nothing");
  }
}

export function malformed(why) {
  return new LinkError("link_malformed", `The link is malformed: ${why}.`);
}

/** Version and body of what stands after the # of an address. Throws a LinkError. */
export function unframe(fragment) {
  if (!fragment) {
    throw new LinkError(
      "link_no_fragment",
      "The link has nothing after #: it was cut, or a service took it away.",
    );
  }
  if (!/^[A-Za-z0-9_-]+$/.test(fragment)) {
    throw new LinkError("link_bad_character", "The link holds a character that no link does.");
  }
  const framed = decodeBase64(fragment);
  const version = framed[0];
  if (version !== 1 && version !== 2) {
    throw new LinkError("link_unknown_version", `The link has version ${version}; this page reads 1 and 2.`);
  }
  const reader = new Reader(framed);
  reader.byte();
  const length = reader.varint();
  const expected = BigInt(reader.position) + length + BigInt(CHECKSUM);
  if (BigInt(framed.length) < expected) {
    throw new LinkError(
      "link_truncated",
      `The link is cut: ${framed.length} of ${expected} bytes are there.`,
    );
  }
  if (BigInt(framed.length) > expected) {
    throw new LinkError("link_trailing", `${BigInt(framed.length) - expected} bytes follow the link's end.`);
  }
  const body = reader.take(Number(length));
  const sum = keccak256(framed.subarray(0, reader.position), "bytes").subarray(0, CHECKSUM);
  if (bytesToHex(sum) !== bytesToHex(reader.take(CHECKSUM))) {
    throw new LinkError("link_tampered", "The link's checksum is wrong: a character was changed.");
  }
  if (encodeBase64(framed) !== fragment) throw malformed("it spells its content in an unusual way");
  return { version, body };
}

function decodeBase64(fragment) {
  if (fragment.length % 4 === 1)
    throw new LinkError("link_truncated", "The link is cut: its length is impossible.");
  return Uint8Array.from(atob(fragment.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
    letter.charCodeAt(0),
  );
}

function encodeBase64(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
