// The gallery: a tile for each task.

const gallery = new Rows({
  role: "list", "aria-label": "Tasks",
  layout: (width) => {
    const gap = width < 600 ? 10 : 16, columns = Math.max(2, Math.floor((width + gap) / ((width < 600 ? 150 : 196) + gap)));
    return { columns, gap, height: (width - gap * (columns - 1)) / columns + 50 };
  },
  key: (task) => `${task.id} ${task.status} ${task.updated_at} ${task.delivery_status} ${choosing}`,
  make: makeTile,
  near: (end) => loadMore(end),
});

// choosing is the id of the task to compare with the next chosen task; "" if none is.
let choosing = "";

function makeTile(task, i) {
  const picture = el("div", { class: "picture" });
  const target = choosing ? { task: choosing, beside: task.id } : { task: task.id, image: "0", beside: "" };
  const tile = el("div", { class: `tile ${task.status}`, role: "listitem", "aria-setsize": -1, "aria-posinset": i + 1 },
    el("a", { href: hashOf(target), "aria-label": describe(task) },
      picture,
      el("span", { class: "name" }, el("bdi", {}, nameOf(task))),
      el("span", { class: "line" }, badge(task.status), task.runtime && el("span", { class: "runtime" }, task.runtime), age(task.updated_at))));
  fillPicture(picture, task);
  return tile;
}

const describe = (task) => [nameOf(task), task.status, task.runtime, writeAge(task.updated_at),
  task.image_count ? count(task.image_count, "image") : "", task.error ?? ""].filter(Boolean).join(", ");

// fillPicture fills a tile with the first image and the number of images, or with the reason why the task has none.
function fillPicture(picture, task) {
  const words = (glyph, title, text) => picture.replaceChildren(el("span", { class: `words ${glyph}` }, icon(glyph), el("b", {}, title),
    text && el("span", {}, text)));
  const since = openFor(task);
  if (task.status === "failed") return words("warning", "Failed", task.error ?? "No reason is known.");
  if (since !== undefined) {
    return words("clock", isStuck(task) ? `${titleOf[task.status]} for too long` : titleOf[task.status],
      el("span", { class: "since", "data-at": now() - since }, writeSpan(since)));
  }
  if (task.status !== "completed" && !task.delivery_status) return words("clock", task.status, "");
  if (task.delivery_status === "empty" && !task.image_count) return words("warning", "No image", "The task completed without images.");
  if (!task.delivery_status) return words("clock", "Not delivered yet", task.image_count ? count(task.image_count, "image") : "");
  picture.classList.add("loading");
  objectsOf(task).then((all) => {
    if (!all.length) return words("warning", task.delivery_status === "failed" ? "Delivery failed" : "Not delivered", task.image_count ? count(task.image_count, "image") : "");
    const first = all.find((object) => object.kind !== "file") ?? all[0];
    picture.replaceChildren(thumbnail(first));
    const total = Math.max(all.length + (task.delivered_omitted ?? 0), task.image_count ?? 0);
    if (total > 1) picture.append(el("span", { class: "badge", title: count(total, "image") }, icon("images"), total));
    if (first.kind === "video") picture.append(el("span", { class: "badge start" }, icon("play")));
    if (task.delivery_status !== "delivered") picture.append(el("span", { class: "badge warn" }, icon("warning"), task.delivery_status === "empty" ? "empty" : "partly delivered"));
    if (all.length > 1) scrub(picture, all, first);
  }, (error) => words("warning", "Not read", error.message)).finally(() => picture.classList.remove("loading"));
}

// scrub shows a tile's other images while the mouse moves over it.
function scrub(picture, all, first) {
  const some = all.filter((object) => object.kind === "image" || object.kind === "").slice(0, 8);
  if (some.length < 2) return;
  let at = first;
  const show = (object) => {
    if (object === at) return;
    at = object;
    picture.querySelector(".media").replaceWith(thumbnail(object));
  };
  picture.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") show(some[Math.min(some.length - 1, Math.floor(event.offsetX / picture.clientWidth * some.length))] ?? at);
  });
  picture.addEventListener("pointerleave", () => show(first));
}
