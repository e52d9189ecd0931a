// What the page says of amounts, dates, refusals: the place to translate.

import { formatUnits } from "viem/utils";

const REFUSED = {
  GiftCertificates_NoSuchGift: "It was claimed before, or its giver has taken it back.",
  GiftCertificates_AlreadyClaimed: "It was claimed before.",
  GiftCertificates_AfterLimitation: "It is too late: the certificate is no longer valid.",
  Jar_NothingLeft: "Its giver has taken it back.",
  Jar_GiftClaimed: "It was claimed before.",
  Jar_ClaimsOver: "It is too late: its giver may have it back by now.",
  Jar_AlreadyMember:
    "This address is a member already. Claim it when that has ended, or for another address.",
};

/** Why it was refused, in a sentence: the one known for the error's name, else what the server said. */
export function refusal(error) {
  return REFUSED[error.error] ?? error.message;
}

/** Base units as people read them: 50,000 KRWT. */
export function amountText(units, decimals, symbol) {
  const [whole, part] = formatUnits(units, decimals).split(".");
  return `${BigInt(whole).toLocaleString("en")}${part ? `.${part}` : ""} ${symbol}`;
}

/** Unix seconds, by the reader's own clock. */
export function dateText(seconds) {
  return new Date(Number(seconds) * 1000).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
}

export function daysText(seconds) {
  const days = Number(seconds) / 86_400;
  return `${days.toLocaleString("en", { maximumFractionDigits: 1 })} ${days === 1 ? "day" : "days"}`;
}
