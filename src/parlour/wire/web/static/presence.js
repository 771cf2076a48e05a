// Who is in a chat, in words (event attempt_presence). Pure.

export function peopleFrom(rows) {
  return (rows ?? []).map((row) => ({
    id: row.profile_id, name: row.name || "Somebody", owner: row.part === "owner", connections: row.connections ?? 1,
  }));
}

// One phrase per person; none about oneself with a single device.
export function phrasesFor(people, me) {
  return people.flatMap((person) => {
    if (person.id === me) return person.connections > 1 ? [{ id: person.id, text: `You are here on ${person.connections} devices` }] : [];
    return [{ id: person.id, text: `${person.name} is ${person.owner ? "here" : "watching"}` }];
  });
}
