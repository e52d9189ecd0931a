// Keys: a link's one-time key, and the one that is made for a recipient who has no wallet.

import { secp256k1 } from "@noble/curves/secp256k1";
import { HDKey } from "@scure/bip32";
import { generateMnemonic, mnemonicToSeedSync } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english";
import { bytesToBigInt, bytesToHex, hashTypedData, hexToBytes, publicKeyToAddress } from "viem/utils";
import { LinkError } from "./bytes.js";

const CURVE_ORDER = secp256k1.CURVE.n;
const WALLETS_PATH = "m/44'/60'/0'/0/0"; // the first account of every wallet

/** EIP-2294: larger ones overflow what clients can sign. */
export const MAX_CHAIN_ID = 2n ** 63n - 37n;

/** The address of a key's 32 bytes. Throws a LinkError. */
export function addressOf(privateKey) {
  const number = bytesToBigInt(privateKey);
  if (number === 0n || number >= CURVE_ORDER) throw new LinkError("bad_key", "The link's key is none.");
  return publicKeyToAddress(bytesToHex(secp256k1.getPublicKey(privateKey, false)));
}

/** An EIP-712 signature of `message`, whose members are `types`, for a contract: 65 bytes as hexadecimal. */
export function sign(privateKey, name, { chainId, contract }, primaryType, types, message) {
  const domain = { name, version: "1", chainId, verifyingContract: contract };
  const members = Object.entries(types).map(([member, type]) => ({ name: member, type }));
  const digest = hashTypedData({ domain, types: { [primaryType]: members }, primaryType, message });
  const signature = secp256k1.sign(hexToBytes(digest), privateKey);
  return `0x${signature.toCompactHex()}${(27 + signature.recovery).toString(16)}`;
}

/** A wallet of its own: twelve words that every wallet takes, and the address of its first account. */
export function newWallet() {
  const words = generateMnemonic(wordlist);
  const account = HDKey.fromMasterSeed(mnemonicToSeedSync(words)).derive(WALLETS_PATH);
  return { words: words.split(" "), address: addressOf(account.privateKey) };
}
