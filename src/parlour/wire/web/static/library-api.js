// The library, drafts, checks and trainings of authors (parlour routes of authoring).
import { parse, query, request, ROOT, savedAs, send } from "./api.js";
import { offline, problemFrom } from "./problem.js";

const part = (id) => encodeURIComponent(id);

export function libraryApi(token) {
  const get = (path) => request(path, { token });
  const change = (method, path, body) => request(path, { method, token, body });
  const draft = (id, rest = "") => `authoring/drafts/${part(id)}${rest}`;
  const artifact = (id, rest = "") => `artifacts/${part(id)}${rest}`;
  const file = async (path) => savedAs(await send(path, { token }));
  return {
    types: () => get("authoring/types"),
    artifacts: (wanted) => get(`artifacts?${query(wanted)}`),
    artifact: (id, version) => get(`${artifact(id)}?${query({ version })}`),
    versions: (id) => get(artifact(id, "/versions")),
    differences: (id, from, to) => get(artifact(id, `/differences?${query({ from, to })}`)),
    duplicate: (id) => change("POST", artifact(id, "/duplicate")),
    archive: (id, archived) => change("POST", artifact(id, "/archive"), { archived }),
    adopt: (id) => change("POST", artifact(id, "/adopt")),
    exported: (id) => file(artifact(id, "/export")),
    exportedQuestions: (id, format) => file(artifact(id, `/questions?${query({ format })}`)),

    drafts: () => get("authoring/drafts"),
    begin: (wanted) => change("POST", "authoring/drafts", wanted),
    draft: (id) => get(draft(id)),
    patch: (id, version, changes) => changed(token, draft(id), { expected_version: version, changes }),
    discard: (id) => change("DELETE", draft(id)),
    draftDifferences: (id) => get(draft(id, "/differences")),
    rebase: (id, version) => change("POST", draft(id, "/rebase"), { expected_version: version }),
    publish: (id, wanted) => change("POST", draft(id, "/publish"), wanted),
    askReview: (id, version, note) => change("POST", draft(id, "/review"), { expected_version: version, note }),
    endReview: (id) => change("DELETE", draft(id, "/review")),
    approve: (id, version) => change("POST", draft(id, "/approve"), { expected_version: version }),
    addEditor: (id, userId) => change("POST", draft(id, "/editors"), { user_id: userId }),
    removeEditor: (id, profileId) => change("DELETE", draft(id, `/editors/${part(profileId)}`)),
    addSource: (id, kind, ofId) => change("POST", draft(id, "/sources"), { kind, id: ofId }),
    source: (id, sourceId) => get(draft(id, `/sources/${part(sourceId)}`)),
    removeSource: (id, sourceId) => change("DELETE", draft(id, `/sources/${part(sourceId)}`)),
    addQuestions: (id, format, text) => change("POST", draft(id, "/questions"), { format, text }),
    lint: (id) => get(draft(id, "/lint")),
    check: (id) => change("POST", draft(id, "/checks")),
    checks: (id) => get(draft(id, "/checks")),
    tryIt: (id) => change("POST", draft(id, "/try")),
    tries: (id) => get(draft(id, "/try")),
    cancelRun: (id) => change("POST", `authoring/runs/${part(id)}/cancel`),

    departments: () => get("departments"),
    accounts: (search) => get(`accounts?${query({ search })}`),
    cohorts: () => everyPage((cursor) => get(`cohorts?${query({ cursor })}`)),
    newTraining: (wanted) => change("POST", "trainings", wanted),
    trainings: () => everyPage((cursor) => get(`trainings?${query({ cursor })}`)),
    training: (id) => get(`trainings/${part(id)}`),
    changeTraining: (id, wanted) => change("PATCH", `trainings/${part(id)}`, wanted),
    attempts: (wanted) => get(`attempts?${query(wanted)}`),
    attempt: (id) => get(`attempts/${part(id)}`),
    upload: (file) => uploaded(token, file),
    ticket: (uploadId) => get(`uploads/${part(uploadId)}/ticket`),
    fileFacts: (uploadId) => factsOf(token, uploadId),
  };
}

const PAGES_MAX = 20;

// The items of a list, page by page. `read(cursor)` gives a page.
async function everyPage(read) {
  const items = [];
  for (let page = 0, cursor = null; page === 0 || (cursor && page < PAGES_MAX); page += 1) {
    const answer = await read(cursor);
    items.push(...answer.items);
    cursor = answer.next_cursor;
  }
  return items;
}

// A file of the author's: { upload_id, name, mime_type, bytes, text_status }.
async function uploaded(token, file) {
  return answered(await reached(`uploads?${query({ name: file.name })}`, {
    method: "POST", body: file, headers: { "Accept": "application/json", "Authorization": `Bearer ${token}`, "Content-Type": file.type || "application/octet-stream" },
  }));
}

// What an uploaded file is called, what it is and how large, without its bytes: { name, type, bytes }.
async function factsOf(token, uploadId) {
  const response = await reached(`uploads/${part(uploadId)}`, { headers: { "Authorization": `Bearer ${token}`, "Range": "bytes=0-0" } });
  await response.arrayBuffer();
  if (!response.ok) return {};
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const [, spelled] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
  const [, plain] = /filename="([^"]+)"/.exec(disposition) ?? [];
  return {
    name: spelled ? decodeURIComponent(spelled) : plain ?? null, type: (response.headers.get("Content-Type") ?? "").split(";")[0],
    bytes: Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? response.headers.get("Content-Length") ?? 0),
  };
}

// Like `request`; a conflict carries the draft as it is now.
async function changed(token, path, body) {
  return answered(await reached(path, {
    method: "PATCH", body: JSON.stringify(body),
    headers: { "Accept": "application/json", "Authorization": `Bearer ${token}`, "Content-Type": "application/json" },
  }));
}

async function reached(path, how) {
  try {
    return await fetch(new URL(`api/v1/${path}`, ROOT), { credentials: "omit", cache: "no-store", ...how });
  } catch {
    throw offline();
  }
}

async function answered(response) {
  const answer = parse(await response.text());
  if (response.ok) return answer;
  throw Object.assign(problemFrom(answer, response.status), { draft: answer?.draft ?? null });
}
