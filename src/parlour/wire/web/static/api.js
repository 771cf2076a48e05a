// The HTTP reading side (specification 10) and the session endpoints.
import { offline, problemFrom } from "./problem.js";

export const ROOT = new URL("../", import.meta.url);

// `base`: where the path begins. `key`: the same request may be sent again under it, without a second effect.
export async function send(path, { method = "GET", token, body, base = "api/v1/", key } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(new URL(`${base}${path}`, ROOT), {
      method, headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
    });
  } catch {
    throw offline();
  }
  if (!response.ok) throw problemFrom(parse(await response.text()), response.status);
  return response;
}

export async function request(path, how) {
  return parse(await (await send(path, how)).text());
}

export function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

export const signIn = (userId, password) => request("sessions", { method: "POST", body: { user_id: userId, password } });

// Makes an account and signs it in (lab protocol 1.6).
export const signUp = (userId, password) => request("accounts/sign-up", { method: "POST", base: "", body: { user_id: userId, password } });

export function apiFor(token) {
  const get = (path) => request(path, { token });
  const change = (method, path, body) => request(path, { method, token, body });
  const attempt = (id, rest = "") => `attempts/${encodeURIComponent(id)}${rest}`;
  const chat = (id, rest) => `chats/${encodeURIComponent(id)}/${rest}`;
  return {
    signOut: () => change("DELETE", "sessions/current"),
    home: () => get("home"),
    practice: () => get("practice"),
    attempts: (wanted) => get(`attempts?${query(wanted)}`),
    attempt: (id) => get(attempt(id)),
    archive: (id, archived) => change("PATCH", attempt(id), { is_archived: archived }),
    exported: async (id, format) => savedAs(await send(`${attempt(id, "/export")}?${query({ format })}`, { token })),
    exportedList: async (wanted, format) => savedAs(await send(`attempts/export?${query({ ...wanted, format })}`, { token })),
    usage: (id) => get(attempt(id, "/usage")),
    choices: (id) => get(attempt(id, "/choices")),
    search: (words, cursor) => get(`search?${query({ q: words, cursor })}`),
    newDraft: (draft) => change("POST", "drafts", draft),
    changeDraft: (id, fields) => change("PATCH", `drafts/${encodeURIComponent(id)}`, fields),
    branches: (id) => get(chat(id, "branches")),
    labelBranch: (id, messageId, label) => change("PUT", chat(id, `branches/${encodeURIComponent(messageId)}`), { label }),
    compareBranches: (id, left, right) => get(chat(id, `branches/compare?${query({ left, right })}`)),
    grades: (id) => get(chat(id, "grades")),
    compareGrades: (id, left, right) => get(chat(id, `grades/compare?${query({ left, right })}`)),
    speech: (id) => get(chat(id, "speech")),
    dispute: (id, itemId, text) => change("POST", chat(id, `utterances/${encodeURIComponent(itemId)}/dispute`), { text }),
    decideDispute: (id, itemId, accept) => change("POST", chat(id, `utterances/${encodeURIComponent(itemId)}/decision`), { accept }),
    ticket: (uploadId) => get(`uploads/${encodeURIComponent(uploadId)}/ticket`),
  };
}

// Without what is null, undefined or empty.
export function query(members) {
  const said = Object.entries(members ?? {}).filter(([, value]) => value != null && value !== "");
  return new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
}

export async function savedAs(response) {
  const named = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "");
  return { blob: await response.blob(), name: named?.[1] ?? "parlour-export" };
}
