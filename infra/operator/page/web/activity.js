// Activity over time: tasks by status, how long they took, and each runtime's figures.

const sizes = [60e3, 5 * 60e3, 15 * 60e3, hour, 3 * hour, 6 * hour, 12 * hour, day, 7 * day, 30 * day, 90 * day];

async function drawActivity(view) {
  const collection = collect();
  const draw = () => {
    if (state.view !== "activity") return;
    const tasks = collection.chosen();
    refreshSummary(`${count(tasks.length, "task")}${collection.done ? "" : " so far"}`);
    if (!tasks.length) return view.replaceChildren(collection.done || collection.error ? nothingChosen(collection) : el("p", { class: "muted" }, "Reading …"));
    const chart = makeBuckets(tasks, view.clientWidth);
    view.replaceChildren(el("div", { class: "activity" }, statusChart(chart, view.clientWidth), durationChart(chart, tasks, view.clientWidth), runtimeTable(tasks)));
  };
  draw();
  try {
    while (!collection.done && collection.tasks.length < maxLoaded && state.view === "activity") {
      await collection.load();
      draw();
    }
  } catch { /* the collection has the error */ }
  draw();
}

// quantile returns the nearest-rank quantile of sorted values.
const quantile = (values, q) => values[Math.min(values.length - 1, Math.max(0, Math.ceil(q * values.length) - 1))];

// makeBuckets divides the time range of the tasks into buckets. It leaves out a few old tasks far from all others, so
// that they don't squeeze the rest of the chart.
function makeBuckets(tasks, width) {
  const at = tasks.map((task) => task.updated_at).sort((x, y) => x - y);
  const { since, until } = period();
  let start = since || at[0];
  const end = Math.max(until || 0, at.at(-1), since ? Math.min(until || now(), now()) : 0);
  const usual = quantile(at, 0.03);
  if ((end - usual) * 6 < end - start) start = usual;
  const most = Math.max(8, Math.min(48, Math.floor(width / 22)));
  const size = sizes.find((size) => (end - start) / size < most) ?? sizes.at(-1);
  const zone = new Date(start).getTimezoneOffset() * 60e3;
  const first = Math.floor((start - zone) / size) * size + zone;
  const buckets = Array.from({ length: Math.floor((end - first) / size) + 1 }, (_, i) => ({ from: first + i * size, to: first + (i + 1) * size, tasks: [] }));
  const older = [];
  for (const task of tasks) (buckets[Math.floor((task.updated_at - first) / size)]?.tasks ?? older).push(task);
  return { buckets, size, older };
}

// frame returns a chart's area with a grid and both axes.
function frame(chart, width, top, write) {
  const narrow = width < 600, box = { left: narrow ? 40 : 56, right: 8, top: 10, bottom: 26, height: 230, width };
  const inner = width - box.left - box.right, high = box.height - box.top - box.bottom, step = inner / chart.buckets.length;
  const x = (i) => box.left + i * step, y = (value) => box.top + high * (1 - Math.min(1, value / top));
  const root = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${box.height}`, width, height: box.height, role: "group" });
  for (let i = 0; i <= 4; i++) {
    const value = top * i / 4;
    root.append(svg("line", { class: "grid", x1: box.left, x2: width - box.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "axis", x: box.left - 8, y: y(value) + 4, "text-anchor": "end" }, write(value)));
  }
  const every = Math.ceil(chart.buckets.length / (narrow ? 4 : 9));
  const format = new Intl.DateTimeFormat("en-GB", chart.size >= day ? { day: "numeric", month: "short" }
    : chart.buckets.length * chart.size > day ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" });
  chart.buckets.forEach((bucket, i) => {
    if (i % every === 0 && x(i) < width - 50) {
      root.append(svg("text", { class: "axis", x: x(i), y: box.height - 8 }, format.format(bucket.from)),
        svg("line", { class: "tick", x1: x(i), x2: x(i), y1: box.height - box.bottom, y2: box.height - box.bottom + 4 }));
    }
  });
  return { root, x, y, step, floor: box.height - box.bottom };
}

// niceTop returns a round number that is not below a value and is divisible by 4, for the axis.
function niceTop(value) {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * magnitude).find((top) => top >= value && (top / 4) % 1 === 0) ??
    Math.ceil(value / 4) * 4;
}

const span = (bucket) => `${shortClock.format(bucket.from)} to ${shortClock.format(bucket.to)}`;

function statusChart(chart, width) {
  const statuses = [...data.statuses].reverse();
  const top = niceTop(Math.max(...chart.buckets.map((bucket) => bucket.tasks.length)));
  const { root, x, y, step, floor } = frame(chart, width, top, (value) => value.toLocaleString("en"));
  const readout = el("p", { class: "readout" }, " ");
  chart.buckets.forEach((bucket, i) => {
    if (!bucket.tasks.length) return;
    const counts = statuses.map((status) => bucket.tasks.filter((task) => task.status === status).length);
    const text = `${span(bucket)}: ${statuses.map((status, n) => counts[n] && `${counts[n]} ${status}`).filter(Boolean).join(", ")}`;
    const group = svg("a", { class: "bucket", href: hashOf({ view: "list", time: "custom", from: localTime(bucket.from), to: localTime(bucket.to) }), "aria-label": text });
    group.append(svg("rect", { class: "hit", x: x(i), y: 0, width: step, height: floor }));
    let below = 0;
    counts.forEach((n, k) => {
      if (!n) return;
      group.append(svg("rect", { class: `stack ${statuses[k]}`, x: x(i) + Math.min(2, step * 0.1), width: Math.max(1, step - Math.min(4, step * 0.2)),
        y: y(below + n), height: Math.max(1, y(below) - y(below + n) - (below ? 1 : 0)), rx: Math.min(2, step / 6) }));
      below += n;
    });
    for (const event of ["pointerenter", "focus"]) group.addEventListener(event, () => { readout.textContent = text; });
    root.append(group);
  });
  root.setAttribute("aria-label", "Tasks over time, by status");
  const all = chart.buckets.flatMap((bucket) => bucket.tasks);
  return el("section", {}, el("h2", {}, "Tasks", el("span", { class: "muted" }, `per ${writeBucket(chart.size)}`)),
    legend(data.statuses.map((status) => [status, status, all.filter((task) => task.status === status).length])), root, readout,
    chart.older.length > 0 && el("p", { class: "hint" }, `${count(chart.older.length, "older task")} left out of the charts, the oldest from ${writeTime(Math.min(...chart.older.map((task) => task.updated_at)))}.`));
}

const writeBucket = (size) => size % day === 0 ? size === day ? "day" : `${size / day} days` : size % hour === 0 ? size === hour ? "hour" : `${size / hour} hours`
  : size === 60e3 ? "minute" : `${size / 60e3} minutes`;

const localTime = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60e3).toISOString().slice(0, 16);

const legend = (rows) => el("ul", { class: "legend" }, rows.map(([kind, title, n]) => el("li", {}, el("i", { class: `swatch ${kind}` }), title,
  n !== undefined && el("b", {}, n.toLocaleString("en")))));

const sortedOf = (tasks, name) => tasks.map((task) => task[name]).filter((ms) => ms !== undefined).sort((x, y) => x - y);

// durationChart shows each bucket's median and the range of its middle 80%. The axis fits the usual buckets; higher
// values end in an arrow.
function durationChart(chart, tasks, width) {
  const all = sortedOf(tasks, "duration_ms");
  if (!all.length) {
    return el("section", {}, el("h2", {}, "Durations"), el("p", { class: "hint" },
      "Not known: the guidance announces the starts of tasks only with EXP_CALLBACK_WHEN_RUNNING=true."));
  }
  const figures = chart.buckets.map((bucket) => sortedOf(bucket.tasks, "duration_ms")).map((ms) => ms.length && [0.1, 0.5, 0.9].map((q) => quantile(ms, q)));
  const highs = figures.filter(Boolean).map(([, , high]) => high).sort((x, y) => x - y);
  const usual = Math.max(quantile(highs, 0.9), quantile(all, 0.5)), unit = usual < 2 * 60e3 ? 1e3 : usual < 2 * hour ? 60e3 : hour;
  const top = niceTop(usual * 1.1 / unit) * unit;
  const { root, x, y, step, floor } = frame(chart, width, top, (value) => `${value / unit} ${{ [1e3]: "s", [60e3]: "min", [hour]: "h" }[unit]}`);
  const readout = el("p", { class: "readout" }, " ");
  figures.forEach((found, i) => {
    if (!found) return;
    const [low, middle, high] = found, center = x(i) + step / 2, thick = Math.min(10, step * 0.5);
    const text = `${span(chart.buckets[i])}: median ${writeDuration(middle)}, 80% between ${writeDuration(low)} and ${writeDuration(high)}`;
    const group = svg("g", { class: "bucket", tabindex: 0, role: "img", "aria-label": text },
      svg("rect", { class: "hit", x: x(i), y: 0, width: step, height: floor }),
      svg("rect", { class: "range", x: center - thick / 2, width: thick, y: y(high), height: Math.max(2, y(low) - y(high)), rx: thick / 2 }),
      svg("rect", { class: "median", x: center - thick / 2 - 1, width: thick + 2, y: y(middle) - 1.5, height: 3, rx: 1.5 }));
    if (high > top) group.append(svg("path", { class: "median", d: `M${center - 5} 10 l5 -7 l5 7z` }));
    for (const event of ["pointerenter", "focus"]) group.addEventListener(event, () => { readout.textContent = text; });
    root.append(group);
  });
  root.setAttribute("aria-label", "Durations over time");
  const slowest = tasks.reduce((slow, task) => (task.duration_ms ?? -1) > (slow?.duration_ms ?? -1) ? task : slow, null);
  return el("section", {}, el("h2", {}, "Durations", el("span", { class: "muted" }, `median ${writeDuration(quantile(all, 0.5))} · 90% within ${writeDuration(quantile(all, 0.9))}`)),
    legend([["median", "median"], ["range", "middle 80%"]]), root, readout,
    el("p", { class: "hint" }, "The slowest took ", writeDuration(slowest.duration_ms), ": ", linkTo(slowest), highs.at(-1) > top && ". Arrows: above the chart."));
}

function runtimeTable(tasks) {
  const names = [...new Set(tasks.map((task) => task.runtime ?? ""))].sort();
  const cell = (value) => el("td", { class: "number" }, value), anyWaited = tasks.some((task) => task.wait_ms !== undefined);
  return el("section", {}, el("h2", {}, "Runtimes"), el("div", { class: "scroll" }, el("table", { class: "figures" },
    el("thead", {}, el("tr", {}, ["Runtime", "Tasks", "Failed", "Median", "90% within", anyWaited && "Median wait"].filter(Boolean).map((title, i) => el("th", { scope: "col", class: i ? "number" : "" }, title)))),
    el("tbody", {}, names.map((name) => {
      const own = tasks.filter((task) => (task.runtime ?? "") === name), ms = sortedOf(own, "duration_ms"), waits = sortedOf(own, "wait_ms");
      const failed = own.filter((task) => task.status === "failed").length;
      return el("tr", {}, el("th", { scope: "row" }, el("a", { href: hashOf({ view: "gallery", runtime: name }) }, name || "not known")),
        cell(own.length.toLocaleString("en")), cell(failed ? `${failed} (${Math.round(100 * failed / own.length)}%)` : "0"),
        cell(ms.length ? writeDuration(quantile(ms, 0.5)) : ""), cell(ms.length ? writeDuration(quantile(ms, 0.9)) : ""),
        anyWaited && cell(waits.length ? writeDuration(quantile(waits, 0.5)) : ""));
    })))));
}
