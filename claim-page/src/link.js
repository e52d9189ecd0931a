// What a link holds, of either kind: this file knows no browser and no network.

import { Reader, unframe } from "./bytes.js";
import { claimOf, messageOf, readGift } from "./gift.js";
import { claimSubscriptionOf, readSubscription } from "./subscription.js";

export { batchIdOf, giftIdOf } from "./gift.js";
export { subscriptionIdOf } from "./subscription.js";

/** The gift in an address, from what stands after its #. Throws a LinkError. */
export function readLink(fragment) {
  const { version, body } = unframe(fragment);
  const link = version === 1 ? readGift(new Reader(body)) : readSubscription(new Reader(body));
  link.message = link.kind === "gift" ? messageOf(link) : "";
  return link;
}

/** The signed call that claims it for `recipient`: contract and data. */
export function claimCall(link, recipient) {
  return link.kind === "gift" ? claimOf(link, recipient) : claimSubscriptionOf(link, recipient);
}
