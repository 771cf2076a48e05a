import { apiFor, signIn } from "../api.js";
import { html, useState } from "../html.js";
import { bareToken } from "../session.js";
import { Notice } from "./parts.js";

export function SignIn({ reason, onSession }) {
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);
  const [byToken, setByToken] = useState(false);

  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    setBusy(true);
    setProblem(null);
    try {
      onSession(byToken ? await tokenSession(fields.get("token")) : await signIn(fields.get("user_id").trim(), fields.get("password")));
    } catch (failure) {
      setProblem(failure.detail ?? "Something went wrong. Please try again.");
      setBusy(false);
    }
  };
  return html`
    <main class="door">
      <h1>Parlour</h1>
      <p class="lead">Practise difficult conversations, and see what went well.</p>
      <${Notice} text=${problem} />
      <form onSubmit=${submit}>
        ${byToken ? html`
          <label for="token">Access token</label>
          <input id="token" name="token" type="password" required autocomplete="off" key="token" />` : html`
          <label for="user_id">Name</label>
          <input id="user_id" name="user_id" required autocomplete="username" autocapitalize="none" spellcheck="false" key="user_id" />
          <label for="password">Password</label>
          <input id="password" name="password" type="password" required autocomplete="current-password" key="password" />`}
        <button type="submit" class="primary wide" disabled=${busy}>${busy ? "Signing in…" : "Sign in"}</button>
      </form>
      <button type="button" class="plain" onClick=${() => { setByToken(!byToken); setProblem(null); }}>
        ${byToken ? "Use a name and password" : "Use an access token"}
      </button>
    </main>`;
}

async function tokenSession(text) {
  const token = bareToken(text);
  await apiFor(token).practice();
  return { token };
}
