// What can be changed about a training: who has it, when, where it stands, and how each of its conversations goes.
import { html, useState } from "../../html.js";
import { mayFlip, PART, SETTINGS } from "../../library-settings.js";
import { isChanged, NOTHING, shownWith, wantedOf, withChatName, withMember, withSetting } from "../../library-trainings.js";
import { Confirm, Notice } from "../parts.js";
import { Field, Tick } from "../tests/fields.js";
import { TimeField } from "./time-field.js";

const POSITION_MAX = 1_000_000;

// What is wrong in a folded part cannot be pointed at by the browser, so the server says it (`noValidate`).
// What is typed stays on top of what the training says, also when somebody else changed it meanwhile.
// `onSave(wanted)` gives a promise of whether it is saved.
export function TrainingForm({ training, cohorts, busy, mayEveryone, onSave }) {
  const [changes, setChanges] = useState(NOTHING);
  const [asking, setAsking] = useState(false);
  const shown = shownWith(training, changes);
  const set = (name) => (value) => setChanges((before) => withMember(before, name, value));
  const submit = async (event) => {
    event.preventDefault();
    if (await onSave(wantedOf(training, changes))) setChanges(NOTHING);
  };
  const adopt = async () => {
    setAsking(false);
    if (await onSave({ adopt: true })) setChanges((before) => ({ ...before, chats: {} }));
  };
  const about = ` for ${training.name}`;
  return html`
    <form class="lib-fields lib-training-form" noValidate onSubmit=${submit}>
      <p class="quiet small">Conversations that have begun go on as they are.</p>
      <${Field} name=${`name-${training.id}`} label="Name" value=${shown.name} maxlength="200" onValue=${set("name")} />
      <${Field} name=${`description-${training.id}`} label="Description" hint="The learner reads it on the card." long value=${shown.description} maxlength="20000" onValue=${set("description")} />
      <${Cohorts} cohorts=${cohorts} chosen=${shown.cohort_ids} needed=${training.cohort_ids.length > 0 && !shown.everyone} onChosen=${set("cohort_ids")} />
      ${(mayEveryone || training.everyone) && html`<${Tick} label="For everyone, not only these cohorts" checked=${shown.everyone} onChecked=${set("everyone")} />`}
      <div class="lib-around"><${TimeField} label="From" about=${about} value=${shown.start_time} onTime=${set("start_time")} />
        <${TimeField} label="Until" about=${about} value=${shown.end_time} onTime=${set("end_time")} /></div>
      <${Tick} label="On: it can be begun" checked=${shown.active} onChecked=${set("active")} />
      <${Position} training=${training} value=${shown.position} onValue=${set("position")} />
      ${shown.templates.map((chat) => html`<${Chat} key=${chat.chat_entry_id} chat=${chat} onName=${(name) => setChanges((before) => withChatName(before, chat.chat_entry_id, name))}
        onSetting=${(flag, value) => setChanges((before) => withSetting(before, chat.chat_entry_id, flag, value))} />`)}
      <div class="row"><button type="submit" class="primary" disabled=${busy}>${busy ? "One moment…" : "Save"}</button>
        ${isChanged(training, changes) && html`<button type="button" class="plain" onClick=${() => setChanges(NOTHING)}>Put back</button>`}</div>
      <p class="small">The simulation itself was changed? <button type="button" class="lib-small" disabled=${busy} onClick=${() => setAsking(true)}>Take it over anew<span class="unseen">: ${training.name}</span></button></p>
      ${asking && html`<${Confirm} title="Take the simulation over anew?" text="This training gets the scenarios, rubrics and settings that the simulation has now, in their newest versions. What was set here about how its conversations go is lost." yes="Take it over" onYes=${adopt} onNo=${() => setAsking(false)} />`}
    </form>`;
}

// Cohorts that one may change, and those that have it.
function Cohorts({ cohorts, chosen, needed, onChosen }) {
  const offered = cohorts.filter((each) => each.may_edit || chosen.includes(each.id));
  const flip = (id, on) => onChosen(on ? [...chosen, id] : chosen.filter((each) => each !== id));
  return html`
    <fieldset class="lib-group"><legend>Cohorts</legend>
      <div class="lib-flags lib-cohorts">${offered.map((each) => html`<${Tick} key=${each.id} label=${each.name} checked=${chosen.includes(each.id)} onChecked=${(on) => flip(each.id, on)} />`)}</div>
      ${chosen.length === 0 && needed && html`<${Notice} text="Choose at least one cohort. To end the training, turn it off." />`}</fieldset>`;
}

function Position({ training, value, onValue }) {
  const onInput = (event) => { if (event.target.validity.valid && event.target.value !== "") onValue(Number(event.target.value)); };
  return html`<label class="lib-inline">Place among the cards<span class="unseen"> of ${training.name}</span>
    <input class="lib-short" type="number" min="0" max=${POSITION_MAX} step="1" value=${value} onInput=${onInput} /> <span class="quiet small">Smaller comes first.</span></label>`;
}

function Chat({ chat, onName, onSetting }) {
  const { settings, chat_entry_id: id } = chat;
  const of = html`<span class="unseen">: ${chat.name}</span>`;
  const ticks = ([title, rows]) => html`<fieldset class="lib-group" key=${title}><legend>${title}${of}</legend><div class="lib-flags">${rows.map(([flag, words]) => html`
    <${Tick} key=${flag} label=${words} checked=${settings[flag]} disabled=${!mayFlip(flag, settings[flag])} onChecked=${(on) => onSetting(flag, on)} />`)}</div></fieldset>`;
  return html`
    <details class="lib-settings"><summary>How “${chat.name}” goes</summary>
      <div class="lib-fields">
        <${Field} name=${`chat-${id}`} label="What the conversation is called" value=${chat.name} maxlength="200" onValue=${onName} />
        <div class="lib-around"><${Limit} id=${id} name=${chat.name} seconds=${settings.time_limit} onSeconds=${(seconds) => onSetting("time_limit", seconds)} />
          <${Tick} label="May go on when the time is up" checked=${settings.negative_time} disabled=${settings.time_limit === null} onChecked=${(on) => onSetting("negative_time", on)} /></div>
        ${ticks(SETTINGS.ticks[0])}${ticks([PART, SETTINGS.asScenario])}${SETTINGS.ticks.slice(1).map(ticks)}</div>
    </details>`;
}

const MINUTES_MAX = 24 * 60;

function Limit({ id, name, seconds, onSeconds }) {
  const [typed, setTyped] = useState(null);
  const onInput = (event) => {
    setTyped(event.target.value);
    const wanted = Math.round(Number(event.target.value) * 60);
    if (event.target.validity.valid) onSeconds(wanted >= 1 ? wanted : null);
  };
  return html`<label class="lib-inline" for=${`limit-${id}`}>Time limit<span class="unseen"> of ${name}</span>
    <input id=${`limit-${id}`} class="lib-short" type="number" min="0" max=${MINUTES_MAX} step="any" value=${typed ?? (seconds === null ? "" : seconds / 60)} onInput=${onInput} onBlur=${() => setTyped(null)} /> minutes</label>`;
}
