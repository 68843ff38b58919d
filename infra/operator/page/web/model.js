"use strict";
// The page's model: its embedded data, the state in its URL, and how values are written.

const data = JSON.parse(document.getElementById("data").textContent);
const now = () => (data.live ? Date.now() : data.made);

const views = { gallery: "Gallery", list: "List", problems: "Problems", letters: "Dead letters", activity: "Activity" };
const times = {
  "1h": "Last hour", "24h": "Last 24 hours", "today": "Today", "yesterday": "Yesterday", "7d": "Last 7 days",
  "30d": "Last 30 days", "all": data.live ? "All time" : "All in this report", "custom": "From … to …",
};
const defaults = {
  view: "gallery", q: "", status: "", runtime: "", caller: "", delivery: "", reason: "", time: data.live ? "7d" : "all", from: "", to: "",
  sort: "updated_at", order: "down", task: "", image: "0", beside: "",
};

// The state, all strings, is in the URL: #VIEW?NAME=VALUE&…
let state = readState();

function readState() {
  const [view, rest] = location.hash.slice(1).split(/\?(.*)/s);
  const found = { ...defaults, ...Object.fromEntries(new URLSearchParams(rest ?? "")) };
  found.view = views[view] ? view : defaults.view;
  for (const name of Object.keys(found)) if (!(name in defaults)) delete found[name];
  if (!times[found.time]) found.time = defaults.time;
  return found;
}

function hashOf(changes = {}) {
  const next = { ...state, ...changes };
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(next)) {
    if (name !== "view" && value !== defaults[name]) values.set(name, value);
  }
  const rest = values.toString();
  return "#" + next.view + (rest ? "?" + rest : "");
}

// go changes the state and the URL. With replace, the browser's back button skips the replaced state.
function go(changes, { replace = false } = {}) {
  const hash = hashOf(changes);
  if (hash === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  state = readState();
  render();
}

const hour = 3600e3, day = 24 * hour;

// period returns the chosen range of update times, in milliseconds since 1970; 0 is no limit.
function period() {
  const midnight = new Date(now()).setHours(0, 0, 0, 0);
  const before = { "1h": hour, "24h": day, "7d": 7 * day, "30d": 30 * day }[state.time];
  switch (state.time) {
    case "today": return { since: midnight, until: 0 };
    case "yesterday": return { since: new Date(midnight - 12 * hour).setHours(0, 0, 0, 0), until: midnight - 1 };
    case "custom": return { since: Date.parse(state.from) || 0, until: Date.parse(state.to) || 0 };
    case "all": return { since: 0, until: 0 };
  }
  // Keep the same range for a while, so that a view doesn't read its tasks again each time it is drawn.
  const kept = Math.max(5 * 60e3, before / 10);
  if (!begun[state.time] || now() - begun[state.time] > kept) begun[state.time] = now();
  return { since: begun[state.time] - before, until: 0 };
}

const begun = {}; // when each length of time was first chosen

const isFiltered = () => ["q", "status", "runtime", "caller", "delivery", "reason", "time"].some((name) => state[name] !== defaults[name]);

// matches reports whether a task passes the filters.
function matches(task) {
  const { since, until } = period();
  return (!state.status || state.status.split(",").includes(task.status)) &&
    task.updated_at >= since && (!until || task.updated_at <= until) && matchesRest(task);
}

function matchesRest(task) {
  if (state.runtime && (task.runtime ?? "") !== state.runtime) return false;
  if (state.caller && task.caller !== state.caller) return false;
  if (state.reason && task.reason !== state.reason) return false;
  if (state.delivery && (task.delivery_status ?? "none") !== state.delivery) return false;
  if (!state.q) return true;
  task.searched ??= [task.id, task.shown, task.error, task.delivery_error, task.caller, task.request].filter(Boolean).join("\n").toLowerCase();
  return task.searched.includes(state.q.toLowerCase());
}

// How values are written.

const whyOf = (task) => task.error ?? task.delivery_error;
const nameOf = (task) => task.shown ?? (task.id || "(empty id)");
const count = (n, thing) => `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;
const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const shortClock = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const writeTime = (ms) => clock.format(ms);

function writeAge(ms) {
  const age = now() - ms, future = age < -5e3;
  const text = writeSpan(Math.abs(age));
  if (Math.abs(age) < 5e3) return "just now";
  return future ? `in ${text}` : `${text} ago`;
}

// writeSpan returns a length of time in one unit, for ages.
function writeSpan(ms) {
  const units = [[day, "d"], [hour, "h"], [60e3, "min"], [1e3, "s"]];
  const [size, unit] = units.find(([size]) => ms >= size) ?? units[3];
  return `${Math.floor(ms / size)} ${unit}`;
}

// writeDuration returns a length of time in one or two units.
function writeDuration(ms) {
  if (ms < 1e3) return `${Math.round(ms)} ms`;
  if (ms < 60e3) return `${(ms / 1e3).toFixed(ms < 10e3 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1e3), minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// openFor returns how long a task has been queued or running; undefined if it has ended.
const openFor = (task) => task.status === "running" ? now() - (task.first_started_at ?? task.updated_at)
  : task.status === "queued" ? now() - (task.queued_at ?? task.updated_at) : undefined;
// The defaults of sdtasks stuck.
const stuckAfter = { queued: hour, running: 10 * 60e3 };
const isStuck = (task) => openFor(task) > stuckAfter[task.status];
const whyStuck = {
  queued: "A task stays queued if no such runtime is deployed, nothing drains the runtime's input queue, or the guidance's agent can't read the request. Fix that, and request the task again with the same id.",
  running: "A task runs for too long if it hangs, crashes its runtime again and again, or its end was never announced. Look at the log of the runtime's pod; if the run ended, reconcile --repair records it.",
};
const titleOf = { queued: "Queued", running: "Running" };
