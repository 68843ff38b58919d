// Dead letters: how many are waiting, why, and the commands that redrive them.

let lettersRead = null;

async function drawLetters(view, again = false) {
  if (again || !lettersRead) {
    view.replaceChildren(el("p", { class: "muted", role: "status" }, "Reading the dead-letter queues …"));
    lettersRead = source.letters();
  }
  let found;
  try {
    found = await lettersRead;
  } catch (error) {
    lettersRead = null;
    return view.replaceChildren(empty("The dead letters could not be read", el("pre", {}, error.message), readAgain(view)));
  }
  if (state.view !== "letters") return undefined;
  setLetterCount(found.queues);
  const unknown = found.queues.filter((queue) => queue.waiting === null);
  const total = found.queues.reduce((sum, queue) => sum + (queue.waiting ?? 0), 0);
  const listed = found.queues.reduce((sum, queue) => sum + queue.listed, 0);
  refreshSummary(`${unknown.length ? "At least " : "About "}${count(total, "dead letter")} in ${count(found.queues.length, "queue")}`);
  return view.replaceChildren(el("div", { class: "problems letters" },
    el("p", { class: "hint" }, "A dead letter is an event that a function failed on, or a message that SNS could not deliver to the function. SQS keeps it for 14 days. Fix the cause, then redrive it."),
    el("div", { class: "queues" }, found.queues.map((queue) => el("div", { class: queue.waiting ? "queue full" : "queue" },
      el("b", {}, queue.waiting === null ? "?" : queue.waiting.toLocaleString("en")), el("span", {}, queue.queue)))),
    found.problems.map((text) => el("p", { class: "error" }, text)),
    total > listed && el("p", { class: "hint" }, `These groups are a sample: ${listed.toLocaleString("en")} of about ${count(total, "dead letter")}.`),
    found.groups.map(letterGroup),
    !total && !unknown.length && el("p", { class: "fine" }, icon("check"), "No dead letters are waiting."),
    readAgain(view)));
}

const readAgain = (view) => data.live && el("p", {}, el("button", { type: "button", onclick: () => drawLetters(view, true) }, "Read again"));

function letterGroup(group) {
  return el("section", { class: "letter-group" },
    el("h2", {}, group.reason || "SNS could not deliver these messages to the function",
      el("span", { class: "number" }, group.count.toLocaleString("en"))),
    el("p", { class: "hint" }, `Queue ${group.queue} · the oldest is ${writeSpan(group.oldest_ms)} old`),
    group.command.includes(" --delete") && el("p", { class: "hint" }, "These can never succeed. The command saves them to a file and deletes them:"),
    command(group.command),
    el("details", {}, el("summary", {}, group.letters.length < group.count ? `The first ${group.letters.length}` : "The dead letters"),
      el("ul", { class: "tasks" }, group.letters.map((letter) => el("li", {},
        letter.id ? linkTo(letter, el("bdi", {}, letter.subject)) : el("span", {}, letter.subject),
        el("span", { class: "muted" }, `${writeSpan(letter.age_ms)} ago`),
        letter.error && el("span", { class: "text" }, letter.error))))));
}

// setLetterCount writes the number of waiting dead letters beside the view's name.
function setLetterCount(queues) {
  const known = queues.every((queue) => queue.waiting !== null);
  const total = queues.reduce((sum, queue) => sum + (queue.waiting ?? 0), 0);
  const tab = document.querySelector('#tabs [data-view="letters"]');
  tab.querySelector(".number")?.remove();
  if (total || !known) tab.append(el("span", { class: "number" }, known ? total.toLocaleString("en") : total ? `${total}+` : "?"));
}
