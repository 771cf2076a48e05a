// What is to change about a training, laid on top of what it says now. Pure.
// `changes`: { members: { name: value }, chats: { [chat entry id]: { name?, settings: { flag: value } } } }.
import { same } from "./draft-state.js";
import { alsoOf } from "./library-settings.js";

export const NOTHING = { members: {}, chats: {} };

export const withMember = (changes, name, value) => ({ ...changes, members: { ...changes.members, [name]: value } });

export function withChatName(changes, id, name) {
  const chat = changes.chats[id] ?? { settings: {} };
  return { ...changes, chats: { ...changes.chats, [id]: { ...chat, name } } };
}

// A flag or a limit, and what cannot stay as it is without it.
export function withSetting(changes, id, flag, value) {
  const chat = changes.chats[id] ?? { settings: {} };
  const settings = { ...chat.settings, [flag]: value, ...alsoOf(flag, value) };
  return { ...changes, chats: { ...changes.chats, [id]: { ...chat, settings } } };
}

export function shownWith(training, { members, chats }) {
  const templates = training.templates.map((each) => {
    const { name, settings } = chats[each.chat_entry_id] ?? {};
    return { ...each, name: name ?? each.name, settings: { ...each.settings, ...settings } };
  });
  return { ...training, ...members, templates };
}

// The body of the change: only what differs from the training as it is now, so that what others changed meanwhile stays.
export function wantedOf(training, { members, chats }) {
  const differing = (given, now) => Object.fromEntries(Object.entries(given).filter(([name, value]) => !same(value, now[name])));
  const templates = training.templates.flatMap((each) => {
    const { name, settings } = chats[each.chat_entry_id] ?? { settings: {} };
    const changed = { ...(name == null || name === each.name ? {} : { name }), settings: differing(settings, each.settings) };
    return changed.name === undefined && Object.keys(changed.settings).length === 0 ? [] : [{ chat_entry_id: each.chat_entry_id, ...changed }];
  });
  return { ...differing(members, training), ...(templates.length > 0 ? { templates } : {}) };
}

export const isChanged = (training, changes) => Object.keys(wantedOf(training, changes)).length > 0;
