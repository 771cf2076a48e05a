// The sign of a microphone; struck through when it is off.
import { html } from "../../html.js";

export function Mic({ off = false }) {
  return html`
    <svg class="mic-sign" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">
      <rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5 11a7 7 0 0 0 14 0M12 18v3" />${off && html`<path d="M4 4l16 16" />`}
    </svg>`;
}
