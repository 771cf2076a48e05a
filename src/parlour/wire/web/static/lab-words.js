// The assistant's words, cut into what can be shown: paragraphs, lists, marks of sources. Pure; nothing of it is markup.

// `text` without its list of sources, and that list: { numbers, reference }, in the order of the list (lab protocol 4.3).
export function withoutSources(text, references) {
  if (references.length === 0) return { body: text, sources: [] };
  const found = /\n\n[^\n]{1,40}\n((?:- [^\n]*(?:\n|$))+)$/.exec(text);
  const lines = found ? found[1].trim().split("\n").map((line) => line.slice(2)) : [];
  const left = [...references];
  const sources = lines.flatMap((line) => {
    const words = line.replace(/^(\[\d+\])+ /, "");
    const at = Math.max(0, left.findIndex((reference) => words.startsWith(collapsed(reference.title)) && pageFits(words, reference)));
    const [reference] = left.splice(at, 1);
    return reference ? [{ numbers: (/^(?:\[\d+\])+(?= )/.exec(line)?.[0].match(/\d+/g) ?? []).map(Number), words, reference }] : [];
  });
  const rest = left.map((reference) => ({ numbers: [], words: reference.title, reference }));
  return { body: found ? text.slice(0, found.index) : text, sources: [...sources, ...rest] };
}

const collapsed = (text) => text.split(/\s+/).filter(Boolean).join(" ");
const pageFits = (words, { page }) => page == null || new RegExp(`(^|\\D)${page}(\\D|$)`).test(words);

// [{ type: "paragraph" | "heading" | "list" | "code", ... }]; texts in them are pieces of `pieces`.
export function blocks(text) {
  const made = [];
  let code = null;
  for (const line of text.split("\n")) {
    const last = made.at(-1);
    if (/^```/.test(line)) {
      if (code) code = null;
      else made.push(code = { type: "code", text: "" });
    } else if (code) code.text += `${code.text ? "\n" : ""}${line}`;
    else if (!line.trim()) made.push({ type: "gap" });
    else if (/^#{1,4} /.test(line)) made.push({ type: "heading", pieces: pieces(line.replace(/^#+ /, "")) });
    else if (/^\s*(?:[-*•]|\d{1,3}[.)]) /.test(line)) {
      const item = { marker: /^\s*(\d+[.)])/.exec(line)?.[1] ?? null, pieces: pieces(line.replace(/^\s*(?:[-*•]|\d{1,3}[.)]) /, "")) };
      if (last?.type === "list") last.items.push(item);
      else made.push({ type: "list", items: [item] });
    } else if (last?.type === "paragraph") last.pieces.push({ type: "text", text: "\n" }, ...pieces(line));
    else made.push({ type: "paragraph", pieces: pieces(line) });
  }
  return made.filter((block) => block.type !== "gap");
}

const INLINE = /\*\*([^*\n]+)\*\*|`([^`\n]+)`|(https?:\/\/[^\s<>"'`\]]+)|\[(\d{1,4}(?:\s*[,，、]\s*\d{1,4})*)\]/g;

// One line as [{ type: "text" | "strong" | "code" | "link" | "marks", ... }].
export function pieces(line) {
  const made = [];
  let at = 0;
  for (const found of line.matchAll(INLINE)) {
    if (found.index > at) made.push({ type: "text", text: line.slice(at, found.index) });
    const [whole, strong, code, link, marks] = found;
    const [address, after] = link ? trimmed(link) : [null, ""];
    if (strong) made.push({ type: "strong", text: strong });
    else if (code) made.push({ type: "code", text: code });
    else if (link) made.push(webAddress(address) ? { type: "link", href: webAddress(address), text: address } : { type: "text", text: address });
    else made.push({ type: "marks", numbers: marks.match(/\d+/g).map(Number) });
    if (after) made.push({ type: "text", text: after });
    at = found.index + whole.length;
  }
  if (at < line.length) made.push({ type: "text", text: line.slice(at) });
  return made;
}

// A full stop or a bracket after an address is not part of it.
function trimmed(link) {
  const end = /[.,;:!?)，。；：！？）]+$/.exec(link);
  return end ? [link.slice(0, end.index), end[0]] : [link, ""];
}

// The address if it leads to the web, else null: nothing else may become a link.
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

// Everything a question says before its items.
export const introOf = (text) => text.split("\n").filter((line) => line.trim()).reduce(
  ({ lines, over }, line) => (over || /^(- |\d+[.)] )/.test(line) ? { lines, over: true } : { lines: [...lines, line], over }), { lines: [], over: false },
).lines.join("\n");

// The labels that a question's text gives its items: lines such as `- Name (experiment_name): X1`.
export const labelsOf = (text) => Object.fromEntries(
  [...text.matchAll(/^- (.+?) \(([A-Za-z0-9_.-]+)\)/gm)].map((match) => [match[2], match[1]]));

// A label for an item that has none: `back_gate` as "Back gate".
export const labelOf = (key) => key.slice(0, 1).toUpperCase() + key.slice(1).replaceAll("_", " ");

export function size(bytes) {
  if (bytes < 1_000) return `${bytes} bytes`;
  const [unit, by] = bytes < 1_000_000 ? ["kB", 1_000] : bytes < 1_000_000_000 ? ["MB", 1_000_000] : ["GB", 1_000_000_000];
  const many = bytes / by;
  return `${many < 10 ? many.toFixed(1) : Math.round(many)} ${unit}`;
}

export const nameOf = (handle) => handle.split("/").slice(2).join("/") || handle;
