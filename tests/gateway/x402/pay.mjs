// Calls a paid URL with the public x402 client: node pay.mjs SCHEME URL CALLS. Prints what was answered.
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { BatchSettlementEvmScheme } from "@x402/evm/batch-settlement/client";
import { toClientEvmSigner } from "@x402/evm";
import { createPublicClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [scheme, url, calls] = process.argv.slice(2);
const chain = createPublicClient({ transport: http(process.env.RPC_URL) });
const signer = toClientEvmSigner(privateKeyToAccount(process.env.PAYER_KEY), chain);
const client = new x402Client();
client.setSpendControls(false);
client.register(
  "eip155:*",
  scheme === "exact" ? new ExactEvmScheme(signer) : new BatchSettlementEvmScheme(signer),
);
const pay = wrapFetchWithPayment(fetch, client);
const served = [];
for (let call = 0; call < Number(calls); call++) {
  const answer = await pay(url);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  served.push((await answer.json()).served);
}
console.log(JSON.stringify(served));
