// The HTTP reading side (specification 10) and the session endpoints.
import { offline, problemFrom } from "./problem.js";

export const ROOT = new URL("../", import.meta.url);

async function request(path, { method = "GET", token, body } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(new URL(`api/v1/${path}`, ROOT), {
      method, headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
    });
  } catch {
    throw offline();
  }
  const text = await response.text();
  const answer = parse(text);
  if (!response.ok) throw problemFrom(answer, response.status);
  return answer;
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

export const signIn = (userId, password) => request("sessions", { method: "POST", body: { user_id: userId, password } });

export function apiFor(token) {
  const get = (path) => request(path, { token });
  return {
    signOut: () => request("sessions/current", { method: "DELETE", token }),
    home: () => get("home"),
    practice: () => get("practice"),
    attempts: () => get("attempts"),
    attempt: (id) => get(`attempts/${encodeURIComponent(id)}`),
  };
}
