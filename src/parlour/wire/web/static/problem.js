// A refusal or failure, in words for the person (specification 4.4). `again`: the same request may be sent again.
export class Problem extends Error {
  constructor({ code, detail, status = 0, again = false, errors = [] }) {
    super(detail);
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.again = again;
    this.errors = errors;
  }
}

const UNSTORED = new Set([401, 408, 425, 429]);

export function problemFrom(body, status) {
  const known = body && typeof body === "object" ? body : {};
  const at = known.status ?? status ?? 0;
  return new Problem({
    code: known.code ?? "internal",
    detail: known.detail ?? known.title ?? "Something went wrong. Please try again.",
    status: at,
    again: UNSTORED.has(at) || at >= 500 || known.code === "command_in_progress",
    errors: Array.isArray(known.errors) ? known.errors : [],
  });
}

export function offline() {
  return new Problem({ code: "offline", detail: "The server cannot be reached at the moment.", again: true });
}
