// Problems: stuck tasks, failures by reason, and images that were not delivered.

const maxOfGroup = 12;

async function drawProblems(view) {
  const open = collect(["queued", "running"], { since: 0, until: 0 });
  const failed = collect(["failed"]), completed = collect(["completed"]);
  const draw = () => {
    if (state.view !== "problems") return;
    const stuck = open.tasks.filter((task) => isStuck(task) && matchesRest(task)).sort((x, y) => openFor(y) - openFor(x));
    const stuckSection = (status, title, own = stuck.filter((task) => task.status === status)) => section(title, own, open, own.length ? [
      el("p", { class: "hint" }, `${whyStuck[status]} In a terminal:`), command(data.stuck), plainList(own)] : []);
    const failures = failed.chosen();
    const undelivered = completed.chosen().filter((task) => task.delivery_status && task.delivery_status !== "delivered");
    const empty = undelivered.filter((task) => task.delivery_status === "empty");
    view.replaceChildren(el("div", { class: "problems" },
      open.tasks.some((task) => task.status === "queued") && stuckSection("queued", "Queued for more than 1 hour"),
      stuckSection("running", "Running for more than 10 minutes"),
      section(`Failed: ${times[state.time].toLowerCase()}`, failures, failed, byReason(failures).map((tasks) => reasonGroup(tasks, { status: "failed" }))),
      section("Completed, but not fully delivered", undelivered, completed, undelivered.length ? [
        el("p", { class: "hint" }, "Failed deliveries are ", el("a", { href: hashOf({ view: "letters" }) }, "dead letters"), ", which can be redriven; empty deliveries completed without an image."),
        byReason(undelivered.filter((task) => task.delivery_status === "failed")).map((tasks) => reasonGroup(tasks, { delivery: "failed" })),
        empty.length > 0 && groupOf(badge("empty"), empty, { delivery: "empty", view: "list" })] : [])));
    refreshSummary(`${count(stuck.length, "task")} queued or running for too long, ${failures.length} failed, ${undelivered.length} not fully delivered` +
      ([open, failed, completed].every(({ done }) => done) ? "" : " so far"));
  };
  const loads = [open, failed, completed].map(async (collection) => {
    while (!collection.done && collection.tasks.length < maxLoaded && state.view === "problems") {
      await collection.load();
      draw();
    }
  });
  draw();
  try {
    await Promise.all(loads);
  } catch { draw(); }
}

function section(title, tasks, collection, content) {
  const known = collection.done ? tasks.length : `${tasks.length} so far`;
  return el("section", {}, el("h2", {}, title, el("span", { class: "number" }, known)),
    collection.error && el("p", { class: "error" }, collection.error),
    content.length ? content : collection.done ? el("p", { class: "fine" }, icon("check"), "None.") : el("p", { class: "muted" }, "Reading …"));
}

function byReason(tasks) {
  const groups = new Map();
  for (const task of tasks) {
    const reason = task.reason ?? "";
    if (!groups.has(reason)) groups.set(reason, []);
    groups.get(reason).push(task);
  }
  return [...groups.values()].sort((x, y) => y.length - x.length);
}

const reasonGroup = (tasks, filter) => groupOf(tasks[0].reason ?? "No reason is known", tasks, { ...filter, reason: tasks[0].reason ?? "", view: "list" });

// groupOf returns a group of tasks, closed at first.
function groupOf(title, tasks, filter) {
  const runtimes = [...new Set(tasks.map((task) => task.runtime).filter(Boolean))];
  return el("details", { class: "group" },
    el("summary", {}, el("span", { class: "count" }, tasks.length.toLocaleString("en")), el("span", { class: "reason" }, title),
      el("span", { class: "line" }, runtimes.join(", "), age(tasks[0].updated_at))),
    plainList(tasks.slice(0, maxOfGroup)),
    el("p", {}, el("a", { href: hashOf(filter) }, `List all ${tasks.length.toLocaleString("en")}`)));
}

const plainList = (tasks) => el("ul", { class: "tasks" }, tasks.slice(0, 50).map((task) => el("li", {}, linkTo(task),
  task.runtime && el("span", { class: "runtime" }, task.runtime),
  isStuck(task) ? el("span", { class: "late" }, writeSpan(openFor(task))) : age(task.updated_at),
  whyOf(task) && el("span", { class: "text", title: whyOf(task) }, whyOf(task)),
  task.status === "failed" && promptOf(task))),
tasks.length > 50 && el("li", { class: "muted" }, `and ${tasks.length - 50} more`));
