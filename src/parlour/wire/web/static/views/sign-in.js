import { apiFor, signIn, signUp } from "../api.js";
import { html, useState } from "../html.js";
import { bareToken } from "../session.js";
import { Notice } from "./parts.js";

export function SignIn({ reason, onSession }) {
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);
  const [way, setWay] = useState("name");
  const byToken = way === "token";
  const isNew = way === "new";
  const go = (next) => { setWay(next); setProblem(null); };

  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    setBusy(true);
    setProblem(null);
    try {
      if (byToken) onSession(await tokenSession(fields.get("token")));
      else if (isNew) onSession(await newSession(fields.get("user_id").trim(), fields.get("password")));
      else onSession(await signIn(fields.get("user_id").trim(), fields.get("password")));
    } catch (failure) {
      setProblem(failure.detail ?? "Something went wrong. Please try again.");
      setBusy(false);
    }
  };
  return html`
    <main class="door">
      <h1>Parlour</h1>
      <p class="lead">${isNew
        ? "Register to work with the laboratory's assistant."
        : "Practise difficult conversations, and see what went well."}</p>
      <${Notice} text=${problem} />
      <form onSubmit=${submit}>
        ${byToken ? html`
          <label for="token">Access token</label>
          <input id="token" name="token" type="password" required autocomplete="off" key="token" />` : html`
          <label for="user_id">Name</label>
          <input id="user_id" name="user_id" required autocomplete="username" autocapitalize="none" spellcheck="false" key="user_id" />
          <label for="password">Password</label>
          <input id="password" name="password" type="password" required autocomplete=${isNew ? "new-password" : "current-password"}
            minlength=${isNew ? 8 : undefined} aria-describedby=${isNew ? "password-hint" : undefined} key="password" />
          ${isNew && html`<p class="quiet small" id="password-hint">At least 8 characters.</p>`}`}
        <button type="submit" class="primary wide" disabled=${busy}>${busy ? "One moment…" : isNew ? "Register" : "Sign in"}</button>
      </form>
      <div class="door-ways">
        ${!isNew && html`<button type="button" class="plain" onClick=${() => go("new")}>New here? Register</button>`}
        ${isNew && html`<button type="button" class="plain" onClick=${() => go("name")}>I have an account</button>`}
        <button type="button" class="plain" onClick=${() => go(byToken ? "name" : "token")}>${byToken ? "Use a name and password" : "Use an access token"}</button>
      </div>
    </main>`;
}

async function tokenSession(text) {
  const token = bareToken(text);
  await apiFor(token).practice();
  return { token };
}

async function newSession(userId, password) {
  const made = await signUp(userId, password);
  location.hash = "#/laboratory";
  return { token: made.token, name: made.user_id, userId: made.user_id };
}
