// A dialog with a task, or with two tasks side by side.

const dialog = document.getElementById("dialog");
let openedFrom = null, drawn = "";

dialog.addEventListener("cancel", (event) => { event.preventDefault(); closeTask(); });
dialog.addEventListener("click", (event) => { if (event.target === dialog) closeTask(); });

function closeTask() { go({ task: "", image: "0", beside: "" }, { replace: true }); }

async function drawTask() {
  const key = state.task && `${state.task}\n${state.beside}`;
  if (key === drawn) return key && showImage();
  drawn = key;
  if (!key) {
    dialog.close();
    document.body.classList.remove("still");
    dialog.replaceChildren();
    openedFrom?.isConnected ? openedFrom.focus() : document.getElementById("main").focus({ preventScroll: true });
    return undefined;
  }
  if (!dialog.open) {
    openedFrom = document.activeElement;
    dialog.showModal();
    document.body.classList.add("still");
  }
  const ids = [state.task, state.beside].filter(Boolean);
  dialog.replaceChildren(el("div", { class: "opening", role: "status" }, el("h2", { id: "dialog-title" }, ids[0]), "Reading …"), closer());
  try {
    const tasks = await Promise.all(ids.map((id) => source.task(id)));
    if (drawn !== key) return undefined;
    dialog.replaceChildren(...(tasks.length === 2 ? besideEachOther(tasks) : oneTask(tasks[0])));
  } catch (error) {
    if (drawn === key) dialog.replaceChildren(empty("The task could not be read", el("pre", {}, error.message)), closer());
  }
  dialog.focus();
  return showImage();
}

const closer = () => button("Close (Esc)", "close", closeTask, { class: "quiet square closer" });

// neighbor returns the task before or after the open task, in the order of the view.
function neighbor(step) {
  const all = state.view === "list" ? list.items : state.view === "gallery" ? gallery.items : collect().chosen();
  const i = all.findIndex((task) => task.id === state.task);
  return i < 0 ? undefined : all[i + step];
}

function oneTask(task) {
  const stage = makeStage(task);
  const turn = (step, name, label) => button(label, name, () => goToNeighbor(step), { class: "quiet square" });
  return [
    el("div", { class: "task-head" },
      el("h2", { id: "dialog-title" }, el("bdi", {}, nameOf(task)), copyButton(() => task.id, "Copy the id")),
      el("div", { class: "tools" },
        el("button", { type: "button", class: "quiet", title: "Show another task beside this one (C)", onclick: chooseAnother }, icon("beside"), "Compare"),
        turn(-1, "left", "Newer task (K)"), turn(1, "right", "Older task (J)"), closer())),
    el("div", { class: "task" }, stage, el("div", { class: "facts", tabIndex: 0, role: "region", "aria-label": "Details" }, facts(task))),
  ];
}

function goToNeighbor(step) {
  const next = neighbor(step);
  if (next) go({ task: next.id, image: "0" }, { replace: true });
}

function chooseAnother() {
  choosing = state.task;
  go({ task: "", view: state.view === "list" ? "list" : "gallery" }, { replace: true });
}

// makeStage shows one of a task's objects, with small forms of all objects below.
function makeStage(task) {
  const all = task.objects ?? [];
  const big = el("div", { class: "big", "data-task": task.id });
  const caption = el("p", { class: "caption" });
  const stage = el("div", { class: "stage" }, big);
  stage.objects = all;
  if (!all.length) {
    big.append(el("p", { class: "nothing" }, icon(task.status === "failed" ? "warning" : "images"), whyNothing(task)));
    return stage;
  }
  if (all.length > 1) {
    big.append(button("Previous image (←)", "left", () => step(-1), { class: "turn before" }),
      button("Next image (→)", "right", () => step(1), { class: "turn after" }));
    stage.append(el("div", { class: "strip", role: "group", "aria-label": "Images" }, all.map((object, i) =>
      el("button", { type: "button", "aria-label": `${i + 1} of ${all.length}: ${object.name}`, onclick: () => go({ image: String(i) }, { replace: true }) },
        i < 60 ? thumbnail(object) : el("span", { class: "glyph" }, i + 1)))));
  }
  stage.append(caption);
  return stage;
}

function whyNothing(task) {
  if (task.status === "failed") return task.error ?? "The task failed; no reason is known.";
  if (task.status !== "completed") return `The task is ${task.status}.`;
  if (task.delivery_error) return task.delivery_error;
  if (!task.delivery_status) return "The images have not been delivered yet.";
  return "The task completed without images.";
}

// step shows the next or the previous image. After the last image comes the first.
function step(by) {
  const total = Math.max(...[...dialog.querySelectorAll(".stage")].map((stage) => stage.objects.length));
  if (total > 1) go({ image: String((Number(state.image) + by + total) % total) }, { replace: true });
}

// showImage shows the chosen image of each stage.
function showImage() {
  for (const stage of dialog.querySelectorAll(".stage")) {
    const all = stage.objects, i = Math.min(Math.max(0, Number(state.image) || 0), all.length - 1);
    if (i < 0 || stage.at === i) continue;
    stage.at = i;
    const big = stage.querySelector(".big"), caption = stage.querySelector(".caption");
    big.querySelector(".media")?.remove();
    const size = el("span", {});
    big.prepend(shown(all[i], { alt: `${all[i].name}, ${i + 1} of ${all.length}`, onload: (media) => {
      const width = media.naturalWidth ?? media.videoWidth, height = media.naturalHeight ?? media.videoHeight;
      size.textContent = width ? `${width} × ${height}` : "";
    } }));
    caption.replaceChildren(el("bdi", {}, all[i].name), size, all.length > 1 ? el("span", {}, `${i + 1} of ${all.length}`) : "",
      all[i].url && el("a", { href: all[i].url, target: "_blank", rel: "noreferrer" }, "Open"), download(all[i]));
    stage.querySelectorAll(".strip button").forEach((thumb, n) => {
      thumb.setAttribute("aria-current", n === i);
      if (n === i && dialog.open) thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    const next = all[i + 1];
    if (next?.kind === "image" && next.url && !next.url.startsWith("data:")) new Image().src = next.url;
  }
}

// Fields that facts shows elsewhere or not at all, and fields with documents. The others are in the server's order.
const hiddenFields = ["reason", "delivered", "error", "delivery_error"];
const documents = ["request", "context", "extra"];

function writeField({ name }, value) {
  if (name.endsWith("_at")) return el("span", {}, `${writeTime(value)} `, age(value));
  if (name.endsWith("_ms")) return writeDuration(value);
  if (name === "status" || name === "delivery_status") return badge(value);
  if (name === "caller" && data.callers) return el("a", { href: hashOf({ caller: value, task: "", beside: "" }) }, el("bdi", {}, value));
  if (Array.isArray(value)) return el("ul", { class: "uris" }, value.map((uri) => el("li", {}, uri)));
  return el("bdi", {}, value === true ? "yes" : String(value));
}

function facts(task) {
  const parts = [];
  for (const name of ["error", "delivery_error"]) {
    if (task[name]) parts.push(el("div", { class: "error" }, el("h3", {}, data.fields.find((field) => field.name === name).title), el("p", {}, task[name])));
  }
  const rows = data.fields.filter(({ name, title }) => title && task[name] !== undefined && !hiddenFields.includes(name) && !documents.includes(name));
  const short = rows.filter(({ name }) => !Array.isArray(task[name]) && !/url|message_id/.test(name));
  if (isStuck(task)) parts.push(el("div", { class: "error" }, el("h3", {}, `${titleOf[task.status]} for ${writeSpan(openFor(task))}`),
    el("p", {}, whyStuck[task.status])));
  parts.push(el("dl", {}, short.map((field) => [el("dt", {}, field.title), el("dd", {}, writeField(field, task[field.name]))])));
  for (const field of data.fields.filter(({ name }) => documents.includes(name) && task[name])) parts.push(documentOf(field, task[field.name]));
  if (task.objects?.length) {
    parts.push(el("details", { open: task.objects.length <= 8 }, el("summary", {}, count(task.objects.length, "delivered object")),
      el("ul", { class: "uris" }, task.objects.map((object) => el("li", {}, object.url
        ? el("a", { href: object.download ?? object.url, download: object.name, target: "_blank", rel: "noreferrer" }, object.uri) : object.uri)))));
  }
  const long = rows.filter((field) => !short.includes(field));
  if (long.length) {
    parts.push(el("details", {}, el("summary", {}, "From the announcement"),
      el("dl", { class: "long" }, long.map((field) => [el("dt", {}, field.title), el("dd", {}, writeField(field, task[field.name]))]))));
  }
  return parts;
}

const documentOf = (field, text) => el("section", { class: "document" },
  el("h3", {}, field.title, copyButton(() => text, `Copy the ${field.title.toLowerCase()}`)), el("pre", { tabIndex: 0 }, text));

// besideEachOther shows two tasks and marks the fields that differ.
function besideEachOther(tasks) {
  const fields = data.fields.filter(({ name, title }) => title && !documents.includes(name) && !["delivered", "image_url"].includes(name) &&
    tasks.some((task) => task[name] !== undefined));
  const lines = tasks.map((task) => new Set((task.context ?? "").split("\n").map((line) => line.replace(/,$/, ""))));
  const contexts = tasks.map((task, i) => el("pre", { tabIndex: 0 }, (task.context ?? "no context").split("\n").map((line) =>
    el("span", { class: lines[1 - i].has(line.replace(/,$/, "")) ? "" : "differs" }, line + "\n"))));
  const heads = tasks.map((task) => el("h2", {}, el("bdi", {}, nameOf(task))));
  heads[0].id = "dialog-title";
  return [
    el("div", { class: "task-head" }, el("p", { class: "muted" }, "Two tasks side by side; differences are marked"),
      el("div", { class: "tools" }, el("a", { class: "button quiet", href: hashOf({ beside: "" }) }, "Only the first"), closer())),
    el("div", { class: "two" },
      tasks.map((task, i) => el("div", { class: "half" }, heads[i], makeStage(task))),
      el("table", {}, el("tbody", {}, fields.map((field) => {
        const differs = JSON.stringify(tasks[0][field.name]) !== JSON.stringify(tasks[1][field.name]);
        return el("tr", { class: differs ? "differs" : "" }, el("th", { scope: "row" }, field.title),
          tasks.map((task) => el("td", {}, task[field.name] === undefined ? "" : writeField(field, task[field.name]))));
      }))),
      contexts.map((context) => el("section", { class: "document" }, el("h3", {}, "Context"), context))),
  ];
}

dialog.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("video, audio")) return;
  const does = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), j: () => goToNeighbor(1), k: () => goToNeighbor(-1),
    c: () => !state.beside && chooseAnother() }[event.key];
  if (does) { event.preventDefault(); does(); }
});
