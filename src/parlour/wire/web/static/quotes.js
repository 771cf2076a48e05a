// Where quotes stand in a message: compared as the server does, white space collapsed and NFC (specification 6.4.5).

function collapsed(text) {
  let plain = "";
  const at = [];
  let index = 0;
  for (const { segment } of segments(text)) {
    const normal = segment.normalize("NFC");
    const space = /^\s+$/.test(normal);
    if (!space || (plain && !plain.endsWith(" "))) {
      const piece = space ? " " : normal;
      for (let i = 0; i < piece.length; i += 1) at.push({ from: index, to: index + segment.length });
      plain += piece;
    }
    index += segment.length;
  }
  return { plain, at };
}

function segments(text) {
  return new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
}

// { start, end } in `text`, or null if the quote does not stand there.
export function findQuote(text, quote) {
  const wanted = collapsed(quote).plain.trim();
  if (!wanted) return null;
  const { plain, at } = collapsed(text);
  const start = plain.indexOf(wanted);
  if (start < 0) return null;
  return { start: at[start].from, end: at[start + wanted.length - 1].to };
}

// `text` cut into { text, marked } around the quote.
export function markQuote(text, quote) {
  const found = quote ? findQuote(text, quote) : null;
  if (!found) return [{ text, marked: false }];
  return [
    { text: text.slice(0, found.start), marked: false },
    { text: text.slice(found.start, found.end), marked: true },
    { text: text.slice(found.end), marked: false },
  ].filter((piece) => piece.text);
}
