// Where tasks come from: the server of sdtasks browse, or the page itself.

const live = {
  async ask(path, values = []) {
    const answer = await fetch(path + "?" + new URLSearchParams(values));
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    return found;
  },
  tasks({ statuses, caller, since, until }, limit) {
    const values = [["limit", limit], ...statuses.map((status) => ["status", status])];
    for (const [name, value] of Object.entries({ caller, since, until })) if (value) values.push([name, value]);
    return this.ask("tasks", values);
  },
  task(id) { return this.ask("task", [["id", id]]); },
  images(ids) { return this.ask("images", ids.map((id) => ["id", id])); },
  queues() { return this.ask("queues"); },
  letters() { return this.ask("letters"); },
};

const embedded = {
  async tasks({ statuses, since, until }) {
    const tasks = (data.tasks ?? []).filter((task) => (!statuses.length || statuses.includes(task.status)) &&
      task.updated_at >= since && (!until || task.updated_at <= until));
    return { tasks };
  },
  async task(id) {
    const found = data.tasks?.find((task) => task.id === id);
    if (!found) throw new Error("The task is not in this report.");
    return found;
  },
  async images(ids) { return Object.fromEntries(ids.map((id) => [id, data.tasks.find((task) => task.id === id).objects])); },
  async queues() { return data.letters.queues; },
  async letters() { return data.letters; },
};

const source = data.live ? live : embedded;

// A Collection has the tasks of a query, newest first, that were read so far.
class Collection {
  tasks = [];
  ids = new Map();
  until = 0; // the newest time of the tasks that were not read
  done = false;
  error = "";
  version = 0;
  #loading = null;

  constructor(query) {
    this.query = query;
    this.made = Date.now();
  }

  // load reads one more page. The first page is small, so that it shows up fast.
  load() {
    if (this.done) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => { this.#loading = null; });
    return this.#loading;
  }

  async #load() {
    try {
      const until = this.until || this.query.until;
      const { tasks, next } = await source.tasks({ ...this.query, until }, this.tasks.length ? 1000 : 100);
      for (const task of tasks) this.#add(task);
      this.until = next ?? 0;
      this.done = !next;
      this.error = "";
    } catch (error) {
      this.error = error.message || "sdtasks browse does not answer: it has ended.";
      throw error;
    } finally {
      this.version++;
    }
  }

  #add(task) {
    const known = this.ids.get(task.id);
    if (known) Object.assign(known, task, { searched: undefined });
    else { this.ids.set(task.id, task); this.tasks.push(task); }
  }

  // refresh reads the newest tasks again, and returns how many are new. It adds them if asked to, and always updates the
  // known tasks.
  async refresh(add) {
    if (this.version === 0 || this.error) return 0;
    const { tasks, next } = await source.tasks(this.query, 100);
    const added = tasks.filter((task) => !this.ids.has(task.id)).length;
    const before = JSON.stringify(this.tasks.slice(0, 100));
    if (add) {
      if (next && added === tasks.length) Object.assign(this, { tasks: [], ids: new Map(), done: false, until: next });
      const fresh = new Set(tasks.map((task) => task.id)), oldest = next ? tasks.at(-1).updated_at : 0;
      this.tasks = this.tasks.filter((task) => task.updated_at <= oldest || fresh.has(task.id) || !this.ids.delete(task.id));
    }
    for (const task of tasks) if (add || this.ids.has(task.id)) this.#add(task);
    this.tasks.sort((x, y) => y.updated_at - x.updated_at);
    if (JSON.stringify(this.tasks.slice(0, 100)) !== before) this.version++;
    return added;
  }

  // chosen returns the tasks that pass the filters.
  chosen() {
    const key = this.version + hashOf({ task: "", image: "", beside: "", view: "list" });
    if (this.key !== key) [this.key, this.found] = [key, this.tasks.filter(matches)];
    return this.found;
  }

  // loadUntil reads more tasks until enough pass the filters.
  async loadUntil(enough) {
    while (!this.done && !enough()) await this.load();
  }
}

const collections = new Map();

// forget drops collections that are older than 30 seconds, so that their tasks are read again.
function forget() {
  for (const [key, collection] of collections) if (data.live && Date.now() - collection.made > 30e3) collections.delete(key);
}

// collect returns the collection of tasks with these statuses, or with all if none are given, of the chosen caller and
// in a range of time, by default the chosen range.
function collect(statuses = state.status ? state.status.split(",") : [], { since, until } = period()) {
  const { caller } = state, key = JSON.stringify([statuses, caller, since, until]);
  if (!collections.has(key)) {
    if (collections.size >= 4) collections.delete(collections.keys().next().value);
    collections.set(key, new Collection({ statuses, caller, since, until }));
  }
  return collections.get(key);
}

// The objects of tasks, which lists of tasks omit. Requests for them are sent in batches.
const objects = new Map();
const waiting = new Map();
const maxObjects = 5000, batch = 25;

function objectsOf(task) {
  if (task.objects) return Promise.resolve(task.objects);
  const key = `${task.updated_at}.${task.delivered_at ?? 0}.${task.id}`;
  if (objects.has(key)) return objects.get(key);
  const promise = new Promise((resolve, reject) => {
    if (!waiting.size) setTimeout(askForObjects, 30);
    waiting.set(task.id, { resolve, reject });
  });
  promise.catch(() => objects.delete(key));
  if (objects.size >= maxObjects) objects.delete(objects.keys().next().value);
  objects.set(key, promise);
  return promise;
}

async function askForObjects() {
  const asked = new Map(waiting);
  waiting.clear();
  const ids = [...asked.keys()];
  for (let i = 0; i < ids.length; i += batch) {
    const some = ids.slice(i, i + batch);
    source.images(some).then(
      (found) => some.forEach((id) => asked.get(id).resolve(found[id] ?? [])),
      (error) => some.forEach((id) => asked.get(id).reject(error)));
  }
}
