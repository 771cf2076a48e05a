// Loads a module of the page. Node takes `.js` for CommonJS without a package.json, so each is read as a data URL,
// together with the modules it imports.
import { readFile } from "node:fs/promises";

const STATIC = new URL("../../src/parlour/wire/web/static/", import.meta.url);
const loaded = new Map();

export async function load(name) {
  return import(await urlOf(new URL(name, STATIC)));
}

async function urlOf(file) {
  if (!loaded.has(file.href)) loaded.set(file.href, build(file));
  return loaded.get(file.href);
}

async function build(file) {
  let source = await readFile(file, "utf8");
  for (const [whole, path] of source.matchAll(/from "(\.[^"]+)"/g)) {
    source = source.replace(whole, `from "${await urlOf(new URL(path, file))}"`);
  }
  return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
}
