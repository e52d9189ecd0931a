// The claim page. Nothing of the link leaves this device but the signed claim: not its key, not its message.

import { getAddress, isAddress } from "viem/utils";
import { LinkError, ZERO_ADDRESS } from "./bytes.js";
import { newWallet } from "./keys.js";
import { claimCall, readLink } from "./link.js";
import { Shop, ShopError } from "./shop.js";
import { amountText, dateText, daysText, refusal } from "./words.js";

const NEVER = 2n ** 40n - 1n;
const by = (id) => document.getElementById(id);
const show = (id, visible = true) => (by(id).hidden = !visible);

let link, shop, fresh;
let opened = 0;

function say(text, bad = false) {
  by("status").textContent = text;
  by("status").classList.toggle("bad", bad);
}

/** What went wrong, said; a fault of ours is not hidden. */
function fail(error) {
  if (error instanceof LinkError) return say(`${error.message} Ask whoever sent it to send it again.`, true);
  if (error instanceof ShopError) return say(refusal(error), true);
  say("This page met an error of its own. Nothing is lost: the gift waits.", true);
  console.error(error);
}

async function open() {
  const mine = ++opened; // what comes late of a link that was left is not shown
  link = shop = fresh = undefined;
  for (const id of ["gift", "choose", "named", "again", "done", "made"]) show(id, false);
  show("make");
  by("words").replaceChildren();
  by("address").value = "";
  try {
    link = readLink(location.hash.slice(1));
    say("Looking at the gift …");
    const chains = await (await fetch("config.json")).json();
    const chain = chains[String(link.chainId)];
    if (!chain)
      throw new ShopError(`This page does not serve the link's chain, ${link.chainId}.`, "unknown_chain");
    shop = new Shop(chain);
    await shop.check(link);
    const seen = await shop.look(link);
    if (mine !== opened) return;
    describe(seen);
    offer(seen);
  } catch (error) {
    if (mine !== opened) return;
    fail(error);
    show("again", error instanceof ShopError);
  }
}

// --------------------------------------------------------------------------------------------- what it is

function describe(seen) {
  const amount = amountText(seen.amount, seen.decimals, seen.symbol);
  by("what").textContent = link.kind === "gift" ? amount : `A membership of ${daysText(seen.seconds)}`;
  by("name").textContent = seen.name ?? "";
  by("message").textContent = link.message;
  show("message", link.message !== "");
  if (seen.picture) by("picture").src = seen.picture;
  show("picture", Boolean(seen.picture));
  by("facts").replaceChildren(
    ...facts(seen, amount).flatMap(([term, text]) => [element("dt", term), element("dd", text)]),
  );
  show("gift");
}

function facts(seen, amount) {
  if (link.kind === "subscription") {
    const { payer, creator, tier, reclaimAt } = link.batch;
    const rows = [
      ["From", payer],
      ["To the creator", creator],
      ["Tier", String(tier)],
      ["Worth", amount],
    ];
    return [...rows, ["Claim it before", dateText(reclaimAt)]];
  }
  const { giver, deliverAt, reclaimAt } = link.gift;
  const rows = [["From", giver]];
  if (seen.expiresAt !== NEVER) rows.push(["Valid until", dateText(seen.expiresAt)]);
  if (deliverAt > seen.now) rows.push(["Can be claimed from", dateText(deliverAt)]);
  if (reclaimAt !== NEVER) rows.push(["Its giver may take it back from", dateText(reclaimAt)]);
  return rows;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

// ------------------------------------------------------------------------------------------ to whom it goes

function offer(seen) {
  const deliverAt = link.kind === "gift" ? link.gift.deliverAt : 0n;
  if (seen.taken) return say("It was claimed before, or its giver has taken it back.", true);
  if (deliverAt > seen.now)
    return say(`It can be claimed from ${dateText(deliverAt)} on. Keep the link until then.`);
  const named = link.kind === "gift" ? link.gift.recipient : ZERO_ADDRESS;
  if (named !== ZERO_ADDRESS) {
    by("only").textContent = named;
    show("named");
  } else {
    show("wallet", Boolean(window.ethereum));
    show("choose");
  }
  say("");
}

async function claim(recipient) {
  const mine = opened;
  busy(true);
  say("Claiming … this can take a minute.");
  try {
    const action = await shop.send(link.chainId, claimCall(link, recipient));
    if (mine !== opened) return;
    for (const id of ["choose", "named", "again"]) show(id, false);
    by("holder").textContent = recipient;
    by("transaction").textContent = action.transactions.join(" ");
    show("done");
    say("");
  } catch (error) {
    if (mine === opened) fail(error);
  } finally {
    busy(false);
  }
}

function busy(is) {
  for (const button of document.querySelectorAll("button"))
    button.disabled = is || (button.id === "take" && !by("written").checked);
}

async function toWallet() {
  try {
    const [account] = await window.ethereum.request({ method: "eth_requestAccounts" });
    await claim(getAddress(account));
  } catch (error) {
    say(
      error.code === 4001 ? "You declined in your wallet. Nothing was done." : "The wallet does not answer.",
      true,
    );
  }
}

/** An address typed or pasted: with its checksum, since one wrong letter would give the gift to nobody. */
function typed(text) {
  if (!isAddress(text, { strict: false }))
    throw new ShopError("That is no address: 0x and 40 letters and digits are expected.");
  if (text !== getAddress(text))
    throw new ShopError(
      "Copy the address from your wallet, capital letters as they are there: they show whether it is right.",
    );
  if (text === ZERO_ADDRESS || text === link.contract)
    throw new ShopError("That address is nobody's wallet.");
  return text;
}

function toTyped(event) {
  event.preventDefault();
  try {
    claim(typed(by("address").value.trim()));
  } catch (error) {
    fail(error);
  }
}

/** A key of the recipient's own, made here: twelve words that every wallet takes. They are kept nowhere. */
function makeKey() {
  const { words, address } = newWallet();
  fresh = address;
  by("words").replaceChildren(...words.map((word) => element("li", word)));
  by("fresh").textContent = fresh;
  by("written").checked = false;
  by("take").disabled = true;
  show("make", false);
  show("made");
}

by("wallet").addEventListener("click", toWallet);
by("typed").addEventListener("submit", toTyped);
by("make").addEventListener("click", makeKey);
by("written").addEventListener("change", () => (by("take").disabled = !by("written").checked));
by("take").addEventListener("click", () => claim(fresh));
by("deliver").addEventListener("click", () => claim(link.gift.recipient));
by("again").addEventListener("click", open);
window.addEventListener("hashchange", open);
open();
