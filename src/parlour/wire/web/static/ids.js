// A fresh `client_request_id`. `crypto.randomUUID` is missing on plain http to another host; random values are not.
export function newRequestId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
