// The address at which the bytes of an upload can be had for a while.
import { ROOT } from "../api.js";
import { useEffect, useState } from "../html.js";

// { url, problem, renew }: `renew` asks for a new address, for when the old one has run out.
export function useTicket(api, uploadId) {
  const [held, setHeld] = useState({ url: null, problem: null });
  const fetchOne = () => api.ticket(uploadId).then(
    (ticket) => setHeld({ url: new URL(ticket.url, ROOT).href, problem: null }),
    (problem) => setHeld({ url: null, problem }));
  useEffect(() => { fetchOne(); }, [uploadId]);
  return { ...held, renew: fetchOne };
}
