// What a saved or shared picture says about its origin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { originOf } from "../../app/assets/common/download.js";
import { checkSum, withTexts } from "../../app/assets/common/png_text.js";
import { embedCode, wholeAddress } from "../../app/assets/graph/sharing.js";

test("a text is a chunk after the header of a PNG", () => {
  const png = new Uint8Array(40).map((_, at) => at);
  const made = withTexts(png, { Title: "Bär" });
  const chunk = made.slice(33, made.length - 7);
  const view = new DataView(chunk.buffer);
  assert.equal(view.getUint32(0), chunk.length - 12);
  assert.equal(new TextDecoder().decode(chunk.slice(4, -4)), "iTXtTitle\0\0\0\0\0Bär");
  assert.equal(view.getUint32(chunk.length - 4), crc32(chunk.slice(4, -4)));
  assert.deepEqual([...made.slice(-7)], [33, 34, 35, 36, 37, 38, 39]);
});

test("the check sum is CRC-32", () => {
  assert.equal(checkSum(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("the origin is a line with a short hash", () => {
  const provenance = { network: "atlas", weights_sha256: "0123456789abcdef", software: "summit-graph 0.1.0" };
  assert.equal(originOf(provenance), "network atlas · weights 0123456789ab · summit-graph 0.1.0");
});

test("the code to embed has the address with Streamlit's parameter, and no open quotes", () => {
  const code = embedCode("http://127.0.0.1:8501/graph?class=a%20b", 'Graph of "a" <b>');
  assert.match(code, /src="http:\/\/127.0.0.1:8501\/graph\?class=a\+b&amp;embed=true"/);
  assert.match(code, /title="Graph of &quot;a&quot; &lt;b>"/);
  assert.equal(wholeAddress("http://h/graph?class=a&embed=true"), "http://h/graph?class=a");
});
