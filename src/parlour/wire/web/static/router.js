// Where the person is, from the address: #/ · #/history · #/history/<simulation id> · #/attempt/<id> · #/attempt/<id>/message/<id>.
import { useEffect, useState } from "./html.js";

export function placeOf(hash) {
  const [page, id, part, messageId] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (page === "attempt" && id) return { page: "attempt", attemptId: id, messageId: part === "message" ? messageId : null };
  return page === "history" ? { page: "history", simulationId: id ?? null } : { page: "home" };
}

export const toAttempt = (id) => `#/attempt/${encodeURIComponent(id)}`;
export const toTraining = (simulationId) => `#/history/${encodeURIComponent(simulationId)}`;
export const toMessage = (id, messageId) => `${toAttempt(id)}/message/${encodeURIComponent(messageId)}`;

export function usePlace() {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}
