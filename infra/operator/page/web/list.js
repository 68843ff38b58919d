// The list: a line for each task, sortable.

const columns = [
  { name: "id", title: "Task", of: (task) => linkTo(task), value: nameOf },
  { name: "status", title: "Status", of: (task) => badge(task.status) },
  { name: "runtime", title: "Runtime" },
  { name: "updated_at", title: "Updated", of: (task) => age(task.updated_at) },
  { name: "duration_ms", title: "Duration", number: true,
    value: (task) => task.duration_ms ?? openFor(task),
    of: (task) => task.duration_ms !== undefined ? writeDuration(task.duration_ms)
      : openFor(task) !== undefined ? el("span", { class: isStuck(task) ? "late" : "" }, writeSpan(openFor(task)), " so far") : "" },
  { name: "image_count", title: "Images", number: true },
  { name: "delivery_status", title: "Delivery", of: (task) => task.delivery_status ? badge(task.delivery_status) : "" },
  ...data.requests ? [{ name: "prompt", title: "Prompt", of: promptOf }] : [],
  { name: "error", title: "Error", of: (task) => el("span", { title: whyOf(task) }, whyOf(task)), value: whyOf },
];

const list = new Rows({
  role: "rowgroup",
  layout: (width) => width < 700 ? { columns: 1, height: 78, gap: 0 } : { columns: 1, height: 38, gap: 0 },
  key: (task) => JSON.stringify(task),
  make: (task, i) => el("div", { class: whyOf(task) ? "row explained" : "row", role: "row", "aria-rowindex": i + 2 }, columns.map((column) =>
    el("span", { role: "cell", class: `cell of-${column.name}${column.number ? " number" : ""}` }, column.of ? column.of(task) : task[column.name] ?? ""))),
  near: (end) => loadMore(end),
});

const listHead = el("div", { class: "row head", role: "row", "aria-rowindex": 1 });
const listTable = el("div", { class: data.requests ? "list asked" : "list", role: "table", "aria-label": "Tasks" }, el("div", { role: "rowgroup" }, listHead), list.element);

function drawListHead() {
  const focused = document.activeElement?.dataset?.sort;
  listHead.replaceChildren(...columns.map(({ name, title, number }) => {
    const sorted = state.sort === name;
    const order = sorted && state.order === "down" ? "up" : "down";
    return el("span", { role: "columnheader", class: `cell of-${name}${number ? " number" : ""}`,
      "aria-sort": !sorted ? "none" : state.order === "down" ? "descending" : "ascending" },
    el("button", { type: "button", class: sorted ? `sorted ${state.order}` : "", "data-sort": name,
      onclick: () => go({ sort: name, order: sorted ? order : ["id", "prompt", "error"].includes(name) ? "up" : "down" }, { replace: true }) }, title));
  }));
  if (focused) listHead.querySelector(`[data-sort="${focused}"]`)?.focus();
}

// sorted returns tasks in the chosen order; tasks without a value come last.
function sorted(tasks) {
  if (state.sort === "updated_at" && state.order === "down") return tasks;
  const column = columns.find(({ name }) => name === state.sort) ?? columns[3];
  const value = column.value ?? ((task) => task[column.name]);
  const sign = state.order === "down" ? -1 : 1;
  return [...tasks].sort((x, y) => {
    const a = value(x), b = value(y);
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return sign * (typeof a === "string" ? a.localeCompare(b) : a - b);
  });
}
