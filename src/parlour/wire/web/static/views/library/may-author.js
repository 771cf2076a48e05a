// Whether the person may write content: only then the header leads to the library.
import { useEffect, useState } from "../../html.js";
import { libraryApi } from "../../library-api.js";

export function useMayAuthor(token, state) {
  const [may, setMay] = useState(null);
  const online = state === "online" || state === "recovered";
  useEffect(() => {
    if (may !== null || !online) return;
    libraryApi(token).types().then(({ types }) => setMay(types.length > 0), (problem) => { if (!problem.again) setMay(false); });
  }, [online]);
  return may === true;
}
