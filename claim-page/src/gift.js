// A certificate as a gift, alone or of a batch: what largesse/gifts/links.py and largesse/gifts/commitments.py write.

import {
  concatBytes,
  encodeAbiParameters,
  encodeFunctionData,
  hexToBigInt,
  hexToBytes,
  keccak256,
  numberToBytes,
} from "viem/utils";
import { abi } from "../../build/interfaces/IGiftCertificates.json";
import { LinkError, malformed, ZERO_ADDRESS } from "./bytes.js";
import { addressOf, MAX_CHAIN_ID, sign } from "./keys.js";
import { decryptMessage, MAX_CIPHERTEXT, OVERHEAD } from "./message.js";

const HAS_RECIPIENT = 1;
const HAS_MESSAGE = 2;
const IN_BATCH = 4;
const MAX_DEPTH = 32;
const NEVER = 2n ** 40n - 1n;
const MAX_AMOUNT = 2n ** 96n - 1n;
const DATES = ["deliverAt", "reclaimAt", "createdAt", "limitationAt"];
const ZERO_WORD = `0x${"00".repeat(32)}`;

/** The gift in a link's body. Throws a LinkError. */
export function readGift(reader) {
  const flags = reader.byte();
  if (flags & ~(HAS_RECIPIENT | HAS_MESSAGE | IN_BATCH)) throw malformed(`it has unknown flags ${flags}`);
  const link = {
    kind: "gift",
    chainId: reader.varint(),
    contract: reader.address(),
    privateKey: reader.take(32),
  };
  if (link.contract === ZERO_ADDRESS) throw malformed("its contract is nobody");
  const gift = {
    giver: reader.address(),
    recipient: flags & HAS_RECIPIENT ? reader.address() : ZERO_ADDRESS,
  };
  for (const name of ["seriesId", "amount", ...DATES]) gift[name] = reader.varint();
  link.ciphertext = flags & HAS_MESSAGE ? readCiphertext(reader) : new Uint8Array();
  link.place = flags & IN_BATCH ? readPlace(reader) : null;
  reader.finish();

  gift.key = addressOf(link.privateKey);
  gift.messageHash = link.ciphertext.length ? keccak256(link.ciphertext) : ZERO_WORD;
  link.gift = gift;
  check(link, flags);
  return link;
}

function readCiphertext(reader) {
  const length = reader.varint();
  if (length <= OVERHEAD || length > MAX_CIPHERTEXT)
    throw malformed(`a message of ${length} bytes is impossible`);
  return reader.take(Number(length));
}

function readPlace(reader) {
  const place = { root: reader.word(), index: reader.varint(), proof: [] };
  const depth = reader.byte();
  if (depth > MAX_DEPTH) throw malformed(`a proof of ${depth} steps is impossible`);
  for (let step = 0; step < depth; step++) place.proof.push(reader.word());
  return place;
}

function check({ gift, place, chainId }, flags) {
  if (gift.giver === ZERO_ADDRESS) throw new LinkError("bad_gift", "The link's giver is nobody.");
  if (gift.recipient === ZERO_ADDRESS && flags & HAS_RECIPIENT)
    throw malformed("it names nobody as recipient");
  if (gift.amount === 0n || gift.amount > MAX_AMOUNT) {
    throw new LinkError("bad_gift", `No gift can have ${gift.amount} units.`);
  }
  for (const name of DATES) {
    if (gift[name] > NEVER) throw new LinkError("bad_gift", `${name} is ${gift[name]}, which is no date.`);
  }
  if (place && rootOf(gift, place) !== place.root) {
    throw new LinkError("bad_proof", `The proof does not lead from gift ${place.index} to the batch's root.`);
  }
  if (chainId < 1n || chainId > MAX_CHAIN_ID) throw new LinkError("bad_chain_id", `${chainId} is no chain.`);
}

// ------------------------------------------------------------------------------------------------- the sum tree

const LOW_160 = 2n ** 160n - 1n;

/** `hash 160 | sum 96`, or null where the sum does not fit. */
function node(hash, sum) {
  return sum > MAX_AMOUNT ? null : ((hexToBigInt(hash) & LOW_160) << 96n) | sum;
}

/** Where a gift's proof leads; null where it leads nowhere. */
function rootOf(gift, { index, proof }) {
  if (index >> BigInt(proof.length)) return null;
  let word = node(keccak256(encodeAbiParameters(LEAF, leafOf(gift, index))), gift.amount);
  for (const [depth, sibling] of proof.entries()) {
    const [left, right] = (index >> BigInt(depth)) & 1n ? [sibling, word] : [word, sibling];
    const both = concatBytes([left, right].map((one) => numberToBytes(one, { size: 32 })));
    word = node(keccak256(both), (left & MAX_AMOUNT) + (right & MAX_AMOUNT));
    if (word === null) return null;
  }
  return word;
}

const parameters = (text) => text.split(" ").map((type) => ({ type }));
const LEAF = parameters("uint256 address address uint256 uint256 bytes32");
const BATCH = parameters("address uint256 uint256 uint256 uint256 uint256");
const COMMITMENT = parameters(
  "address address address uint256 uint256 uint256 uint256 uint256 uint256 bytes32",
);

function leafOf(gift, index) {
  return [index, gift.key, gift.recipient, gift.amount, gift.deliverAt, gift.messageHash];
}

// ---------------------------------------------------------------------------------------------- what it says

/** Its batch's id, or null where it is alone. */
export function batchIdOf({ gift, place }) {
  if (!place) return null;
  const values = [gift.giver, gift.seriesId, place.root, gift.reclaimAt, gift.createdAt, gift.limitationAt];
  return keccak256(encodeAbiParameters(BATCH, values));
}

/** What the key signs as `gift`. */
export function giftIdOf(link) {
  const { gift, place } = link;
  if (place)
    return keccak256(concatBytes([hexToBytes(batchIdOf(link)), numberToBytes(place.index, { size: 32 })]));
  return keccak256(encodeAbiParameters(COMMITMENT, Object.values(asStruct(gift))));
}

/** In the order of the contract's `Gift`. */
function asStruct(gift) {
  const members = ["giver", "key", "recipient", "seriesId", "amount", ...DATES, "messageHash"];
  return Object.fromEntries(members.map((name) => [name, gift[name]]));
}

/** The decrypted message, "" without one. Throws a LinkError. */
export function messageOf(link) {
  return decryptMessage(link.privateKey, link.chainId, link.contract, link.ciphertext);
}

/** The call that gives it to `recipient`, signed by the link's key: contract and data, as the relayer takes them. */
export function claimOf(link, recipient) {
  const { gift, place, contract } = link;
  const types = { gift: "bytes32", recipient: "address", followUp: "bytes32" };
  const message = { gift: giftIdOf(link), recipient, followUp: ZERO_WORD };
  const signature = sign(link.privateKey, "Largesse GiftCertificates", link, "Claim", types, message);
  if (!place) {
    const args = [asStruct(gift), recipient, signature];
    return { contract, data: encodeFunctionData({ abi, functionName: "claim", args }) };
  }
  const { giver, seriesId, reclaimAt, createdAt, limitationAt, key, amount, deliverAt, messageHash } = gift;
  const batch = { giver, seriesId, root: place.root, reclaimAt, createdAt, limitationAt };
  const leaf = { index: place.index, key, recipient: gift.recipient, amount, deliverAt, messageHash };
  const args = [batch, leaf, place.proof, recipient, signature];
  return { contract, data: encodeFunctionData({ abi, functionName: "claimFromBatch", args }) };
}
