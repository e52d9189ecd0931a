// What the chain and the relayer of a shop say. The page believes a contract only where the shop's own relayer names it.

import { decodeFunctionResult, encodeFunctionData, getAddress, parseAbi } from "viem/utils";
import { abi as certificatesAbi } from "../../build/interfaces/IGiftCertificates.json";
import { abi as jarsAbi } from "../../build/interfaces/IStreamingTipEscrow.json";
import { batchIdOf, giftIdOf, subscriptionIdOf } from "./link.js";

const KINDS = { gift: "GiftCertificates", subscription: "StreamingTipEscrow" };
const CURRENCY = parseAbi([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
]);
const POLL_MS = 1000;
const GIVE_UP_MS = 300_000;
const PATIENCE_MS = 20_000;

/** What went wrong, for people; `error` is the name that relayer or contract gave it. */
export class ShopError extends Error {
  constructor(message, error = "") {
    super(message);
    this.error = error;
  }
}

/** One chain of a shop: `relayer` and `node` are addresses. */
export class Shop {
  constructor({ relayer, node }) {
    this.relayer = relayer.replace(/\/+$/, "");
    this.node = node;
  }

  /** Throws a ShopError unless link, relayer and node speak of one chain, and the relayer knows the link's contract. */
  async check(link) {
    const [about, chainId] = await Promise.all([this.#ask("/"), this.#rpc("eth_chainId")]);
    if (about.chain !== String(link.chainId) || BigInt(chainId) !== link.chainId) {
      throw new ShopError("This page is set up for another chain than the link's.", "wrong_chain");
    }
    const kind = Object.entries(about.contracts).find(
      ([address]) => getAddress(address) === link.contract,
    )?.[1];
    if (kind !== KINDS[link.kind]) {
      throw new ShopError(
        "This link is not from this shop: its certificates are not the ones sold here.",
        "unknown_contract",
      );
    }
  }

  /** How a gift stands, and what is to be shown of it. Throws a ShopError. */
  look(link) {
    return link.kind === "gift" ? this.#gift(link) : this.#subscription(link);
  }

  async #gift(link) {
    const { contract, gift, place } = link;
    const read = this.#reader(contract, certificatesAbi);
    const batchId = batchIdOf(link);
    const [currency, uri, [expiresAt], taken, now] = await Promise.all([
      this.#currency(read),
      read("uri", gift.seriesId),
      read("validity", gift.seriesId),
      place
        ? this.#isTakenFromBatch(read, batchId, place)
        : read("isGiftOpen", giftIdOf(link)).then((open) => !open),
      this.#now(),
    ]);
    return { ...currency, ...readUri(uri), amount: gift.amount, expiresAt, taken, now };
  }

  async #isTakenFromBatch(read, batchId, { index, proof }) {
    const number = (1n << BigInt(proof.length)) + index; // of its place in the tree
    const [left, claimed] = await Promise.all([
      read("batchRemaining", batchId),
      read("isClaimedFromBatch", batchId, number),
    ]);
    return claimed || left === 0n;
  }

  async #subscription(link) {
    const { contract, batch, index } = link;
    const read = this.#reader(contract, jarsAbi);
    const batchId = subscriptionIdOf(link);
    const [currency, scale, left, claimed, now] = await Promise.all([
      this.#currency(read),
      read("scale"),
      read("giftsLeft", batchId),
      read("isGiftClaimed", batchId, index),
      this.#now(),
    ]);
    const seconds = batch.rate ? (batch.amountEach * scale) / batch.rate : 0n;
    return { ...currency, amount: batch.amountEach, seconds, taken: claimed || left === 0n, now };
  }

  #reader(address, abi) {
    return async (functionName, ...args) => {
      const data = encodeFunctionData({ abi, functionName, args });
      const answer = await this.#rpc("eth_call", { to: address, data }, "latest");
      return decodeFunctionResult({ abi, functionName, data: answer });
    };
  }

  async #currency(read) {
    const ask = this.#reader(await read("currency"), CURRENCY);
    const [symbol, decimals] = await Promise.all([ask("symbol"), ask("decimals")]);
    return { symbol, decimals };
  }

  /** Has a call sent and waits until it is in a block. Throws a ShopError, with the contract's own error where it refuses. */
  async send(chainId, { contract, data }) {
    const body = JSON.stringify({ chain: String(chainId), contract, data });
    let action = await this.#ask("/relay", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    for (const end = Date.now() + GIVE_UP_MS; action.state === "accepted" && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      action = await this.#ask(`/actions/${action.id}`);
    }
    if (action.state === "accepted")
      throw new ShopError(
        "It is on its way, and takes longer than usual. Open this page again later.",
        "slow",
      );
    if (action.state === "failed")
      throw new ShopError(action.message ?? "The chain refused it.", action.error ?? "failed");
    return action;
  }

  async #ask(path, options = {}) {
    let answer, said;
    try {
      answer = await fetch(this.relayer + path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
      said = await answer.json();
    } catch {
      throw new ShopError(
        "The shop's server does not answer. Nothing is lost: try again in a moment.",
        "relayer_away",
      );
    }
    if (!answer.ok)
      throw new ShopError(said.message ?? `The shop's server answered ${answer.status}.`, said.error ?? "");
    return said;
  }

  /** The latest block's time. */
  async #now() {
    return BigInt((await this.#rpc("eth_getBlockByNumber", "latest", false)).timestamp);
  }

  async #rpc(method, ...params) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    try {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(this.node, {
        method: "POST",
        headers,
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const { result } = await answer.json();
      if (result !== undefined && result !== null) return result;
    } catch {
      // as where it answers an error
    }
    throw new ShopError(
      "The chain can't be read just now. Nothing is lost: try again in a moment.",
      "node_away",
    );
  }
}

/** Name and picture of a series, as far as its metadata are what CardArt writes; both come from whoever opened it. */
function readUri(uri) {
  try {
    const [head, base64] = uri.split(",");
    if (head !== "data:application/json;base64") return {};
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const { name, image } = JSON.parse(new TextDecoder().decode(bytes));
    return {
      name: String(name ?? ""),
      picture: String(image).startsWith("data:image/svg+xml;base64,") ? image : "",
    };
  } catch {
    return {};
  }
}
