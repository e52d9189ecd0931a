// A gift's message, encrypted to its link: what largesse/gifts/messages.py writes. HKDF-SHA256 of the link's key gives a
// ChaCha20-Poly1305 key; the nonce, 12 bytes, stands first.

import { chacha20poly1305 } from "@noble/ciphers/chacha";
import { hkdf } from "@noble/hashes/hkdf";
import { sha256 } from "@noble/hashes/sha2";
import { concatBytes, hexToBytes, numberToBytes, stringToBytes } from "viem/utils";
import { LinkError } from "./bytes.js";

const NONCE = 12;
export const OVERHEAD = NONCE + 16;
export const MAX_CIPHERTEXT = 560 + OVERHEAD;

/** The text, "" of no bytes. Throws a LinkError where it was not encrypted to this key on this chain and contract. */
export function decryptMessage(privateKey, chainId, contract, ciphertext) {
  if (!ciphertext.length) return "";
  const info = concatBytes([
    stringToBytes("largesse/gift-message/1"),
    numberToBytes(chainId, { size: 32 }),
    hexToBytes(contract),
  ]);
  const key = hkdf(sha256, privateKey, undefined, info, 64).subarray(0, 32);
  try {
    const plain = chacha20poly1305(key, ciphertext.subarray(0, NONCE)).decrypt(ciphertext.subarray(NONCE));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
  } catch {
    throw new LinkError("message_unreadable", "The message was not encrypted for this link.");
  }
}
