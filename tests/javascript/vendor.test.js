// The bundled part of d3.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import { vendorFiles } from "../../scripts/vendor_d3.js";

test("the committed bundle and its licences equal the output of `npm run vendor`", async () => {
  for (const [path, text] of await vendorFiles()) {
    assert.equal(await readFile(path, "utf-8"), text, `${basename(path)}: run \`npm run vendor\``);
  }
});
