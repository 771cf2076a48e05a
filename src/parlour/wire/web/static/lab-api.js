// The laboratory of one person: the lab protocol below /users/{id}, and what can be looked through below /api/v1/laboratory.
import { parse, query, request, ROOT, send } from "./api.js";
import { offline, problemFrom } from "./problem.js";

export const whoAmI = (token) => request("laboratory", { token });

// `key`: sent again under the same one, a request has no second effect (lab protocol 2.4).
export function labApi(token, userId) {
  const base = `users/${encodeURIComponent(userId)}/`;
  const get = (path) => request(path, { token, base });
  const post = (path, body, key) => request(path, { method: "POST", token, base, body, key });
  const look = (path) => request(`laboratory/${path}`, { token });
  const question = (id, rest) => `questions/${encodeURIComponent(id)}/${rest}`;
  return {
    userId,
    snapshot: () => get("conversation?limit=200"),
    messages: (after) => get(`messages?${query({ after, limit: 200 })}`),
    turn: (id) => get(`turns/${encodeURIComponent(id)}`),
    questions: () => get("questions?state=all&limit=200"),
    assigned: () => get("questions?role=assignee"),
    say: (message, key) => post("chat_text", message, key),
    answer: (id, answer, key) => post(question(id, "answer"), { answer }, key),
    assign: (id, to, note) => post(question(id, "assign"), note ? { to, note } : { to }),
    cancel: (queue) => post("cancel", { queue }),
    clear: (forget) => post("clear_history", { forget }),
    sendFile: ({ file, ...fields }, key, onProgress) =>
      upload(new URL(`${base}chat_with_file`, ROOT), token, { ...fields, file_name: file.name, file }, key, onProgress),
    sendSpeech: ({ file, text, spoken, ...fields }, key, onProgress) =>
      upload(new URL(`${base}${fields.question_id ? "inner_chat_speech" : "chat_speech"}`, ROOT), token, { ...fields, file_suffix: ".wav", file }, key, onProgress),
    files: (after) => get(`files?${query({ after, limit: 50 })}`),
    removeFile: (handle) => request(`files/${inPath(handle)}`, { method: "DELETE", token, base }),
    bytes: async (handle) => (await send("files/bytes", { method: "POST", token, base, body: { filepath: handle } })).blob(),
    text: (file, page) => look(`text?${query({ file, page })}`),
    experiments: (scope, after) => look(`experiments?${query({ scope, after })}`),
    entries: (id, after) => look(`experiments/${encodeURIComponent(id)}/entries?${query({ after })}`),
    papers: (scope, after) => look(`papers?${query({ scope, after })}`),
  };
}

const inPath = (handle) => handle.replace(/^files\//, "").split("/").map(encodeURIComponent).join("/");

// XMLHttpRequest, because fetch does not tell how much was sent. `onProgress(share)`: 0 to 1.
function upload(url, token, { file, ...fields }, key, onProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value != null) form.append(name, String(value));
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", url);
    sending.setRequestHeader("Authorization", `Bearer ${token}`);
    sending.setRequestHeader("Idempotency-Key", key);
    sending.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
    sending.onerror = () => reject(offline());
    sending.onload = () => {
      if (sending.status === 200) resolve();
      else reject(problemFrom(parse(sending.responseText), sending.status));
    };
    sending.send(form);
  });
}
