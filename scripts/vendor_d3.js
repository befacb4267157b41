// Bundles the part of d3 that the explorer uses into app/assets/vendor/d3.js, with its licences next to it.
//
//     npm run vendor
//
// tests/javascript/vendor.test.js fails if the committed files differ from the output of this script.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const VENDOR = join(ROOT, "app/assets/vendor");
const ENTRY = 'export { select } from "d3-selection"; export { zoom, zoomIdentity } from "d3-zoom";';

/** The files to commit, by path. */
export async function vendorFiles() {
  const { outputFiles, metafile } = await build({
    stdin: { contents: ENTRY, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    format: "esm",
    legalComments: "none",
    lineLimit: 110,
    metafile: true,
    minify: true,
    write: false,
  });
  const packages = new Set(Object.keys(metafile.inputs).flatMap((input) => input.match(/d3-\w+/) ?? []));
  const names = await Promise.all([...packages].sort().map(packageName));
  const licences = await Promise.all([...packages].sort().map(licenceOf));
  const banner = `// ${names.join(", ")}: bundled by scripts/vendor_d3.js. Licences: LICENSE.d3.txt\n`;
  return new Map([
    [join(VENDOR, "d3.js"), banner + outputFiles[0].text],
    [join(VENDOR, "LICENSE.d3.txt"), licences.join("\n")],
  ]);
}

/** @param {string} name */
async function packageName(name) {
  const { version } = JSON.parse(await readFile(join(ROOT, "node_modules", name, "package.json"), "utf-8"));
  return `${name} ${version}`;
}

/** @param {string} name */
async function licenceOf(name) {
  const text = await readFile(join(ROOT, "node_modules", name, "LICENSE"), "utf-8");
  return `${name}\n\n${text}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await vendorFiles()) await writeFile(path, text);
}
