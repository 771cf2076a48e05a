// The messages of a chat form a tree (specification 6.3.4). Messages come in the order in which they were made.

const ROOT = "";

function childrenOf(messages) {
  const known = new Set(messages.map((message) => message.id));
  const children = new Map();
  for (const message of messages) {
    const parent = known.has(message.parentId) ? message.parentId : ROOT;
    children.set(parent, [...(children.get(parent) ?? []), message]);
  }
  return children;
}

// The path shown: at each fork the person's choice (`choices`: parent id -> child id), else towards the newest leaf.
// Each step: { message, siblings: id[], index }.
export function pathOf(messages, choices = {}) {
  const children = childrenOf(messages);
  const steps = [];
  for (let parent = ROOT; children.has(parent);) {
    const siblings = children.get(parent);
    const chosen = siblings.find((sibling) => sibling.id === choices[parent]);
    const message = chosen ?? newestBranch(siblings, children, messages);
    steps.push({ message, siblings: siblings.map((sibling) => sibling.id), index: siblings.indexOf(message) });
    parent = message.id;
  }
  return steps;
}

function newestBranch(siblings, children, messages) {
  if (siblings.length === 1) return siblings[0];
  const age = new Map(messages.map((message, index) => [message.id, index]));
  const newest = (message) => {
    let best = age.get(message.id);
    const open = [message.id];
    while (open.length > 0) {
      for (const child of children.get(open.pop()) ?? []) {
        best = Math.max(best, age.get(child.id));
        open.push(child.id);
      }
    }
    return best;
  };
  return siblings.reduce((best, sibling) => (newest(sibling) > newest(best) ? sibling : best));
}

// The choices that bring the message on the shown path.
export function choicesFor(messages, id, choices = {}) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const next = { ...choices };
  for (let message = byId.get(id); message; message = byId.get(message.parentId)) {
    next[byId.has(message.parentId) ? message.parentId : ROOT] = message.id;
  }
  return next;
}

export function choose(choices, message, id) {
  return { ...choices, [message.parentId ?? ROOT]: id };
}

export const newestLeafId = (messages) => pathOf(messages).at(-1)?.message.id ?? null;

// The leaf of the branch that a message stands for.
export const leafBelow = (messages, id) => pathOf(messages, choicesFor(messages, id)).at(-1)?.message.id ?? null;
