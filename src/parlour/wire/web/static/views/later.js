// A view whose modules are fetched when it is first wanted: most people never need most of them.
import { html, useEffect, useState } from "../html.js";
import { Loading, Notice } from "./parts.js";

// `fetchView` is a function that imports the view. One that cannot be fetched is offered again with the whole page,
// as browsers may remember that a module was not there.
export function later(fetchView) {
  let View = null;
  return function Later(props) {
    const [state, setState] = useState("fetching");
    useEffect(() => {
      let wanted = true;
      const tell = (next) => { if (wanted) setState(next); };
      if (!View) fetchView().then((found) => { View = found; tell("there"); }, () => tell("missing"));
      return () => { wanted = false; };
    }, []);
    if (View) return html`<${View} ...${props} />`;
    if (state === "fetching") return html`<${Loading} what="this part of the page" />`;
    return html`
      <${Notice} text="This part of the page could not be fetched.">
        <button type="button" onClick=${() => location.reload()}>Try again</button>
      <//>`;
  };
}
