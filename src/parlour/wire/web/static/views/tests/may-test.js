// Whether the person may run benchmarks: only then the header leads there.
import { useEffect, useState } from "../../html.js";
import { testsApi } from "../../tests-api.js";

export function useMayTest(token, state) {
  const [may, setMay] = useState(null);
  const online = state === "online" || state === "recovered";
  useEffect(() => {
    if (may !== null || !online) return;
    testsApi(token).benchmarks().then(({ items }) => setMay(items.length > 0), (problem) => { if (!problem.again) setMay(false); });
  }, [online]);
  return may === true;
}
