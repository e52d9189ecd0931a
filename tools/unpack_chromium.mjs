// Chromium for the tests of the claim page, unpacked from the npm package into node_modules/.chromium: a headless build
// for Linux on x86-64, with the libraries and the font that small machines lack. Elsewhere the tests take the Chrome that is there.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const folder = resolve("node_modules/.chromium");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
if (process.platform === "linux" && process.arch === "x64") {
  process.env.TMPDIR = folder; // where the package unpacks to
  process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x"; // and the libraries too
  const { default: chromium } = await import("@sparticuz/chromium");
  await chromium.executablePath();
  const dirs = `<dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir>`;
  writeFileSync(`${folder}/fonts.conf`, `<fontconfig>${dirs}</fontconfig>\n`);
}
