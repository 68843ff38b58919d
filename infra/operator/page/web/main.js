// Drawing of the page, and its events.

const view = document.getElementById("view");
const byId = (id) => document.getElementById(id);
const maxLoaded = 50000; // tasks that a view reads at most
let drawnView = "";

function render() {
  drawHead();
  drawFilters();
  if (drawnView !== state.view) {
    drawnView = state.view;
    view.replaceChildren();
    scrollTo(0, 0);
    forget();
    if (data.live) lettersRead = null;
    refreshSummary("");
  }
  drawView();
  document.documentElement.style.setProperty("--head", `${byId("head").offsetHeight}px`);
  drawTask();
}

function drawView() {
  ({ gallery: drawTiles, list: drawList, problems: drawProblems, letters: drawLetters, activity: drawActivity })[state.view](view);
}

// The gallery and the list show what was read so far, and read more as the user scrolls.

function drawTiles() { drawTasks(gallery, gallery.element, choosing && chooser()); }

function drawList() {
  drawListHead();
  drawTasks(list, listTable);
}

const chooser = () => el("p", { class: "note" }, "Choose the task to show beside ", el("b", {}, choosing), ".",
  el("button", { type: "button", class: "quiet", onclick: () => { choosing = ""; render(); } }, "Cancel"));

function drawTasks(rows, element, above) {
  const collection = collect();
  const tasks = rows === list ? sorted(collection.chosen()) : collection.chosen();
  if (!tasks.length && (collection.done || collection.error)) view.replaceChildren(nothingChosen(collection));
  else if (view.firstChild !== (above || element) || view.lastChild !== element) view.replaceChildren(...[above, element].filter(Boolean));
  rows.show(tasks);
  summarize(collection, tasks.length);
}

let wanted = 0;

// loadMore reads more tasks when the user scrolls near the end of a list.
function loadMore(end) {
  const collection = collect();
  wanted = end;
  const all = state.view === "list" && (state.sort !== "updated_at" || state.order !== "down");
  const enough = () => all ? collection.tasks.length >= maxLoaded : collection.chosen().length > wanted;
  if (collection.done || collection.error || collection.reading || enough()) return;
  collection.reading = true;
  const step = async () => {
    try {
      while (!collection.done && !enough()) {
        await collection.load();
        if (collect() === collection && ["gallery", "list"].includes(state.view)) drawView();
      }
    } catch { showNotices(); } finally {
      collection.reading = false;
      drawFilters();
      if (collect() === collection && ["gallery", "list"].includes(state.view)) drawView();
    }
  };
  step();
}

function summarize(collection, chosen) {
  const what = isFiltered() && chosen !== collection.tasks.length ? `${count(chosen, "task")} of ${collection.tasks.length.toLocaleString("en")}` : count(chosen, "task");
  if (collection.done) return refreshSummary(what);
  if (!collection.tasks.length) return refreshSummary("Reading …");
  const oldest = collection.tasks.at(-1).updated_at;
  return refreshSummary(`${what} so far, back to ${shortClock.format(oldest)}${collection.reading ? " …" : "; scroll for older tasks"}`);
}

function refreshSummary(text) {
  if (byId("summary").textContent !== text) byId("summary").textContent = text;
}

// The head.

function drawHead() {
  byId("stack").textContent = data.stack;
  byId("place").textContent = data.place;
  const tabs = byId("tabs");
  if (!tabs.firstChild) tabs.append(...Object.entries(views).map(([name, title]) => el("a", { "data-view": name }, title)));
  for (const tab of tabs.children) {
    tab.href = hashOf({ view: tab.dataset.view, task: "", beside: "", image: "0", reason: "", ...(tab.dataset.view === "problems" ? { status: "", delivery: "" } : {}) });
    if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = `${views[state.view]} · ${data.stack}`;
}

function drawFilters() {
  byId("filters").hidden = state.view === "letters";
  if (byId("q") !== document.activeElement) byId("q").value = state.q;
  const chosen = state.status ? state.status.split(",") : [];
  byId("statuses").hidden = state.view === "problems";
  byId("delivery").closest("label").hidden = state.view === "problems";
  if (!byId("statuses").firstChild) {
    byId("statuses").append(...data.statuses.map((status) => el("button", { type: "button", "data-status": status, class: `chip ${status}`,
      onclick: () => toggleStatus(status) }, status)));
  }
  for (const chip of byId("statuses").children) chip.setAttribute("aria-pressed", chosen.includes(chip.dataset.status));
  const runtimes = new Set([...collections.values()].flatMap((collection) => collection.tasks.map((task) => task.runtime).filter(Boolean)));
  if (state.runtime) runtimes.add(state.runtime);
  fillSelect("runtime", { "": "Any runtime", ...Object.fromEntries([...runtimes].sort().map((name) => [name, name])) });
  byId("caller").closest("label").hidden = !data.callers;
  if (byId("caller") !== document.activeElement) byId("caller").value = state.caller;
  fillSelect("delivery", { "": "Any delivery", ...Object.fromEntries([...data.deliveries, "none"].map((name) => [name, name === "none" ? "not delivered" : name])) });
  fillSelect("time", times);
  byId("custom").hidden = state.time !== "custom";
  if (state.time === "custom") { byId("from").value = state.from; byId("to").value = state.to; }
  byId("clear").hidden = !isFiltered();
  byId("clear").textContent = state.reason ? "Clear filters and reason" : "Clear filters";
}

function fillSelect(id, options) {
  const select = byId(id), key = JSON.stringify(options);
  if (select.dataset.options !== key) {
    select.dataset.options = key;
    select.replaceChildren(...Object.entries(options).map(([value, text]) => el("option", { value }, text)));
  }
  select.value = state[id];
  select.classList.toggle("set", state[id] !== defaults[id]);
}

function toggleStatus(status) {
  const chosen = new Set(state.status ? state.status.split(",") : []);
  if (!chosen.delete(status)) chosen.add(status);
  go({ status: data.statuses.filter((name) => chosen.has(name)).join(",") }, { replace: true });
}

function clearFilters() {
  go(Object.fromEntries(["q", "status", "runtime", "caller", "delivery", "reason", "time", "from", "to"].map((name) => [name, defaults[name]])), { replace: true });
}

for (const id of ["runtime", "caller", "delivery", "time", "from", "to"]) {
  byId(id).addEventListener("change", (event) => go({ [id]: event.target.value }, { replace: true }));
}
let typing;
byId("q").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => go({ q: event.target.value }, { replace: true }), 120);
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("clear").addEventListener("click", clearFilters);

// Notices above every view say what is missing.

let failure = "";

function showNotices() {
  const notices = data.problems.map((text) => el("p", { class: "problem" }, icon("warning"), el("span", {}, text)));
  if (notices.length) notices.unshift(el("p", { class: "problem first" }, el("b", {}, "This report is incomplete.")));
  notices.push(...data.notes.map((text) => el("p", { class: "note" }, text)));
  if (!data.live && data.until && Date.now() > data.until) notices.push(el("p", { class: "note" }, `The links to images have expired: they worked until ${writeTime(data.until)}.`));
  if (failure) notices.push(el("p", { class: "problem" }, icon("warning"), el("span", {}, failure), el("button", { type: "button", onclick: refresh }, "Try again")));
  if (byId("notices").textContent !== notices.map((notice) => notice.textContent).join("")) byId("notices").replaceChildren(...notices);
}

// A live page checks for changes every five seconds while it is visible.

const refreshEvery = 5e3, countEvery = 30e3;
let counted = 0;

async function refresh() {
  try {
    const collection = collect();
    if (collection.error) { collection.error = ""; await collection.load(); }
    const before = collection.version;
    const added = await collection.refresh(scrollY < 300);
    showNew(scrollY < 300 ? 0 : added);
    if (collection.version !== before && ["gallery", "list"].includes(state.view)) drawView();
    if (Date.now() - counted > countEvery) {
      counted = Date.now();
      setLetterCount(await source.queues());
    }
    failure = "";
  } catch (error) {
    failure = error instanceof TypeError ? "sdtasks browse does not answer: it has ended, or this machine was asleep. If it has ended, start it again." : error.message;
  }
  showLive();
  showNotices();
}

// showNew offers new tasks to a user who has scrolled down. Adding them at once would move the tasks in view.
function showNew(added) {
  byId("new").hidden = !added;
  byId("new").textContent = `${count(added, "new task")} ↑`;
}

byId("new").addEventListener("click", async () => {
  scrollTo(0, 0);
  await refresh();
});

function showLive() {
  if (data.live) {
    byId("live").className = failure ? "lost" : "on";
    byId("live").textContent = failure ? "Not connected" : "Live";
    return;
  }
  const until = data.until && Date.now() < data.until ? ` · links work until ${shortClock.format(data.until)}` : "";
  byId("live").textContent = `Report of ${shortClock.format(data.made)}${until}`;
  byId("live").title = new Date(data.made).toISOString();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (link.classList.contains("skip")) { byId("main").focus(); return; }
  if (choosing && link.closest(".tile")) choosing = "";
  history.pushState(null, "", link.getAttribute("href"));
  state = readState();
  render();
});

addEventListener("popstate", () => { state = readState(); render(); });
addEventListener("hashchange", () => { state = readState(); render(); });
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const n = Number(event.key);
  if (event.key === "/") { event.preventDefault(); byId("q").focus(); }
  else if (event.key === "Escape" && choosing) { choosing = ""; render(); }
  else if (n >= 1 && n <= Object.keys(views).length) go({ view: Object.keys(views)[n - 1] });
});

let frameAsked = false;
function redraw() {
  if (frameAsked) return;
  frameAsked = true;
  requestAnimationFrame(() => {
    frameAsked = false;
    if (state.view === "gallery" && gallery.element.isConnected) gallery.draw();
    if (state.view === "list" && list.element.isConnected) list.draw();
  });
}
addEventListener("scroll", redraw, { passive: true });
addEventListener("resize", () => { render(); if (state.view === "activity") drawView(); });

render();
showLive();
showNotices();
setInterval(refreshAges, 10e3);
if (data.live) {
  const tick = async () => {
    if (document.visibilityState === "visible") await refresh();
    setTimeout(tick, refreshEvery);
  };
  tick();
} else if (data.letters) {
  setLetterCount(data.letters.queues);
}
