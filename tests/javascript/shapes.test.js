// Outlines of marks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { outline } from "../../app/assets/common/shapes.js";

test("each shape has a different outline, which is closed and without NaN", () => {
  const forms = /** @type {const} */ (["square", "circle", "hexagon", "octagon", "diamond"]);
  const paths = forms.map((form) => outline(form, 20));
  assert.equal(new Set(paths).size, forms.length);
  for (const path of paths) assert.match(path, /^M[^N]*Z$/);
});
