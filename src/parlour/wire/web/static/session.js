// Who is signed in. The token lives in this tab only.
const KEY = "parlour.session";

export function readSession() {
  const linked = tokenFromLink();
  if (linked) {
    saveSession({ token: linked });
    return { token: linked };
  }
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function saveSession(session) {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

export function forgetSession() {
  sessionStorage.clear();
}

export const isTokenLink = () => location.hash.startsWith("#token=");

// `/#token=...` signs in by link; the token leaves the address bar and the history at once.
function tokenFromLink() {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return bareToken(decodeURIComponent(match[1]));
}

export function bareToken(text) {
  return text.trim().replace(/^bearer\s+/i, "");
}
