// Several quotes in one text. Pure.
import { findQuote } from "./quotes.js";

// `text` cut into { text, marks }: which of the quotes stand over each piece (indexes into `quotes`).
export function markQuotes(text, quotes) {
  const found = quotes.map((quote) => (quote ? findQuote(text, quote) : null));
  const cuts = [...new Set([0, text.length, ...found.flatMap((each) => (each ? [each.start, each.end] : []))])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, at) => ({
    text: text.slice(start, cuts[at + 1]),
    marks: found.flatMap((each, index) => (each && each.start <= start && start < each.end ? [index] : [])),
  }));
}

// One side of a comparison: its own words and those of both.
export function sideOf(words, side) {
  const other = side === "a" ? "insert" : "delete";
  return words.filter((piece) => piece.change !== other);
}
