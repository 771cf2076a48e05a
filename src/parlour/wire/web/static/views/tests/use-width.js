// How wide a place on the page is, in px, as it changes.
import { useLayoutEffect, useRef, useState } from "../../html.js";

export function useWidth(fallback) {
  const place = useRef(null);
  const [width, setWidth] = useState(fallback);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.max(200, Math.floor(place.current.clientWidth)));
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}
