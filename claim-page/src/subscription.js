// A membership as a gift: what largesse/gifts/subscriptions.py writes.

import { bytesToHex, concatHex, encodeAbiParameters, encodeFunctionData, keccak256 } from "viem/utils";
import { abi } from "../../build/interfaces/IStreamingTipEscrow.json";
import { LinkError, malformed, ZERO_ADDRESS } from "./bytes.js";
import { addressOf, sign } from "./keys.js";

const MAX_DEPTH = 16;
const BITS = { tier: 32, version: 16, rate: 80, count: 16, amountEach: 96, reclaimAt: 40, salt: 64 };
const BATCH = "address address uint32 uint16 uint80 uint16 uint96 uint40 bytes32 uint64"
  .split(" ")
  .map((type) => ({ type }));

/** The gift subscription in a link's body; its batch's root follows from the proof. Throws a LinkError. */
export function readSubscription(reader) {
  const link = {
    kind: "subscription",
    chainId: reader.varint(),
    contract: reader.address(),
    privateKey: reader.take(32),
  };
  if (link.contract === ZERO_ADDRESS) throw malformed("its contract is nobody");
  const batch = { payer: reader.address(), creator: reader.address() };
  for (const [name, bits] of Object.entries(BITS)) {
    batch[name] = reader.varint();
    if (batch[name] >> BigInt(bits)) throw malformed(`${name} is ${batch[name]}, too large`);
  }
  link.index = reader.varint();
  const depth = reader.byte();
  if (depth > MAX_DEPTH) throw malformed(`a proof of ${depth} steps is impossible`);
  link.proof = Array.from({ length: depth }, () => bytesToHex(reader.take(32)));
  reader.finish();

  link.key = addressOf(link.privateKey);
  batch.root = rootOf(link);
  link.batch = batch;
  if (link.index >= batch.count) {
    throw new LinkError("bad_proof", `The batch has ${batch.count} gifts, and this is number ${link.index}.`);
  }
  return link;
}

/** OpenZeppelin's tree: a leaf is hashed twice, two nodes in ascending order. */
function rootOf({ index, key, proof }) {
  const types = ["uint256", "address", "address"].map((type) => ({ type }));
  let node = keccak256(keccak256(encodeAbiParameters(types, [index, key, ZERO_ADDRESS])));
  for (const sibling of proof)
    node = keccak256(concatHex(node < sibling ? [node, sibling] : [sibling, node]));
  return node;
}

/** In the order of the contract's `GiftSubscriptions`. */
function asStruct({ payer, creator, tier, version, rate, count, amountEach, reclaimAt, root, salt }) {
  const small = { tier: Number(tier), version: Number(version), rate, count: Number(count) };
  return { payer, creator, ...small, amountEach, reclaimAt: Number(reclaimAt), root, salt };
}

export function subscriptionIdOf({ batch }) {
  return keccak256(encodeAbiParameters(BATCH, Object.values(asStruct(batch))));
}

/** The call that makes `account` the member, signed by the link's key: contract and data, as the relayer takes them. */
export function claimSubscriptionOf(link, account) {
  const { contract, index, key, proof } = link;
  const types = { batchId: "bytes32", index: "uint256", account: "address" };
  const message = { batchId: subscriptionIdOf(link), index, account };
  const signature = sign(
    link.privateKey,
    "Largesse StreamingTipEscrow",
    link,
    "GiftSubscriptionClaim",
    types,
    message,
  );
  const args = [asStruct(link.batch), index, key, ZERO_ADDRESS, proof, account, signature];
  return { contract, data: encodeFunctionData({ abi, functionName: "claimSubscription", args }) };
}
