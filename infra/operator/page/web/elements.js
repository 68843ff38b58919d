// Functions that make elements, and elements that several views share.

function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

const icons = {
  images: "M3 5.5h8v8H3zM5.5 5.5v-3h8v8H11", play: "M5 3.5v9l7-4.5z", file: "M4 1.5h5l3 3v10H4zM9 1.5v3h3",
  sound: "M2 6v4M5 4v8M8 2v12M11 5v6M14 6.5v3", left: "M10 3 5 8l5 5", right: "m6 3 5 5-5 5", close: "m4 4 8 8m0-8-8 8",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3", check: "m3 8.5 3.5 3.5L13 5", down: "M8 2.5v8m-3.5-3.5L8 10.5 11.5 7M3 13.5h10",
  beside: "M2.5 3h4.5v10H2.5zM9 3h4.5v10H9z", warning: "M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.5v.5", clock: "M8 1.8a6.2 6.2 0 1 0 .01 0M8 4.5V8l2.5 1.5",
};
const icon = (name) => svg("svg", { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
  svg("path", { d: icons[name] }));

const button = (label, name, onclick, more = {}) => el("button", { type: "button", title: label, "aria-label": label, onclick, ...more },
  icon(name));

// promptOf returns the beginning of a task's prompt.
const promptOf = (task) => task.prompt ? el("q", { title: task.prompt }, task.prompt) : "";

const badge = (status) => el("span", { class: `status ${status}` }, status || "not recorded");

// age shows how long ago a time was. refreshAges keeps it up to date.
const age = (ms) => el("time", { class: "age", dateTime: new Date(ms).toISOString(), "data-at": ms,
  title: `${writeTime(ms)} · ${new Date(ms).toISOString()}` }, writeAge(ms));

function refreshAges() {
  for (const element of document.querySelectorAll("time.age")) element.textContent = writeAge(Number(element.dataset.at));
  for (const element of document.querySelectorAll(".since")) {
    element.textContent = writeSpan(now() - Number(element.dataset.at));
  }
}

// command shows a command line with a button that copies it.
function command(line) {
  const text = el("code", {}, line);
  return el("div", { class: "command" }, text, copyButton(() => line, "Copy the command"));
}

function copyButton(text, label) {
  const made = button(label, "copy", async () => {
    await copy(text());
    made.replaceChildren(icon("check"));
    say("Copied.");
    setTimeout(() => made.replaceChildren(icon("copy")), 1500);
  }, { class: "quiet square" });
  return made;
}

// copy copies a text to the clipboard. A page from a file may lack the clipboard API: it falls back to execCommand.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "hidden" }, text);
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// say lets screen readers announce a text.
function say(text) {
  const said = el("p", { class: "hidden", role: "status" });
  (document.querySelector("dialog[open]") ?? document.body).append(said);
  setTimeout(() => { said.textContent = text; }, 50);
  setTimeout(() => said.remove(), 3000);
}

const linkTo = (task, ...content) => el("a", { href: hashOf({ task: task.id, image: "0", beside: "" }) },
  ...(content.length ? content : [el("bdi", {}, nameOf(task))]));

// empty says that a view is empty, and what to do about it.
function empty(title, ...rest) {
  return el("div", { class: "empty" }, el("h2", {}, title), ...rest);
}

function nothingChosen(collection) {
  if (collection.error) return empty("The tasks could not be read", el("pre", {}, collection.error));
  if (!isFiltered() && state.time === "all") {
    return empty("No tasks yet", el("p", {}, "Tasks appear here as soon as the guidance announces them."));
  }
  const wider = state.time === "all" ? null : el("button", { type: "button", onclick: () => go({ time: "all" }) }, times.all);
  return empty(isFiltered() ? "No task matches these filters" : `No tasks: ${times[state.time].toLowerCase()}`,
    el("p", { class: "actions" }, isFiltered() && el("button", { type: "button", onclick: clearFilters }, "Clear filters"), wider));
}

// Rows shows a long list in a container with the height of the whole list, but only has elements for the visible rows.
// make makes the element of an item; layout returns the columns, height and gap for a width.
class Rows {
  #made = new Map();

  constructor({ layout, make, key, near = () => {}, ...properties }) {
    Object.assign(this, { layout, make, key, near });
    this.element = el("div", { class: "rows", ...properties });
    this.items = [];
    this.active = 0;
    this.element.addEventListener("keydown", (event) => this.#move(event));
    this.element.addEventListener("focusin", (event) => {
      const at = event.target.closest("[data-index]");
      if (at) this.active = Number(at.dataset.index);
    });
  }

  show(items) {
    this.items = items;
    this.draw();
  }

  draw() {
    const { columns, height, gap } = this.layout(this.element.clientWidth);
    this.columns = columns;
    const lines = Math.ceil(this.items.length / columns), step = height + gap;
    this.element.style.height = `${Math.max(0, lines * step - gap)}px`;
    const top = -this.element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / step) - 2), last = Math.min(lines, Math.ceil((top + innerHeight) / step) + 2);
    const width = (this.element.clientWidth - gap * (columns - 1)) / columns;
    const wanted = new Set();
    for (let i = first * columns; i < Math.min(this.items.length, last * columns); i++) wanted.add(i);
    for (const [i, made] of this.#made) {
      if (!wanted.has(i) || made.key !== this.key(this.items[i])) {
        if (made.element.contains(document.activeElement) && wanted.has(i)) this.refocus = i;
        made.element.remove();
        this.#made.delete(i);
      }
    }
    let before = this.element.firstChild;
    for (const i of wanted) {
      let made = this.#made.get(i);
      if (!made) {
        made = { element: this.make(this.items[i], i), key: this.key(this.items[i]) };
        made.element.dataset.index = i;
        this.#made.set(i, made);
      }
      if (made.element !== before) this.element.insertBefore(made.element, before);
      before = made.element.nextSibling;
      Object.assign(made.element.style, {
        transform: `translate(${(i % columns) * (width + gap)}px, ${Math.floor(i / columns) * step}px)`,
        width: `${width}px`, height: `${height}px`,
      });
    }
    if (this.refocus !== undefined) this.focus(this.refocus);
    this.near(last * columns);
  }

  focus(i) {
    this.refocus = undefined;
    const target = this.#made.get(i)?.element;
    (target?.matches("a, button") ? target : target?.querySelector("a, button"))?.focus({ preventScroll: true });
  }

  // move moves the focus with the arrow keys.
  #move(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select")) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(this.items.length - 1, this.active + step));
    this.active = next;
    const { height, gap } = this.layout(this.element.clientWidth);
    const line = Math.floor(next / this.columns) * (height + gap) + this.element.getBoundingClientRect().top;
    const covered = document.getElementById("head").offsetHeight + 12;
    if (line < covered) scrollBy(0, line - covered);
    else if (line + height > innerHeight) scrollBy(0, line + height - innerHeight + 12);
    this.draw();
    this.focus(next);
  }
}
