// The voice session of one chat on the page. It ends when its chat leaves the page.
import { useEffect, useRef, useState } from "../../html.js";
import { openSound } from "../../voice/sound.js";
import { VoiceSession } from "../../voice/voice-session.js";

const MODE = "parlour.voice.mode";

export function useVoice({ chat, connection }) {
  const [, redraw] = useState(0);
  const meter = useRef(null);
  const held = useRef(null);
  held.current ??= new VoiceSession({
    chatId: chat.id, connection, openSound, mode: keptMode(),
    onChange: () => redraw((count) => count + 1),
    onLevel: (level) => meter.current?.(level),
  });
  const session = held.current;
  useEffect(() => {
    const quiet = connection.listen((event) => session.handle(event));
    const leave = () => session.stop();
    addEventListener("pagehide", leave);
    return () => { quiet(); removeEventListener("pagehide", leave); session.stop(); };
  }, []);
  useEffect(() => { if (chat.completed) session.stop(); }, [chat.completed]);
  const choose = (mode) => {
    try {
      localStorage.setItem(MODE, mode);
    } catch { /* it is chosen for now, and not kept */ }
    session.setMode(mode);
  };
  return { session, view: session.view, meter, choose };
}

function keptMode() {
  try {
    return localStorage.getItem(MODE) === "open" ? "open" : "push";
  } catch {
    return "push";
  }
}
