// Drives a page in a headless browser: reads steps as a JSON array from its input, and prints, as JSON, what they read,
// what the page asked for, and what it wrote to the console. A step is an object with one of these:
//
//   go: URL           open a page                   press: KEY       press a key
//   size: [W, H, N]   set the window; N is its scale  type: TEXT       type into what has the focus
//   scheme: NAME      light or dark                 read: SCRIPT     keep the value of an expression
//   click: SELECTOR   click on an element           until: SCRIPT    wait until an expression is true
//   shot: FILE        write a picture of the window
//   font: true        have the page use Inter, which this machine may lack
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({
  args: [...chromium.args.filter((arg) => !arg.includes("web-security") && !arg.includes("allow-running-insecure")), "--no-sandbox",
    "--force-color-profile=srgb", "--font-render-hinting=none"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
const page = await browser.newPage();
const values = [], requests = [], messages = [];
page.on("request", (request) => { if (!/^(data|file):/.test(request.url())) requests.push(request.url()); });
page.on("console", (message) => messages.push(message.text()));
page.on("pageerror", (error) => messages.push(String(error)));
page.on("dialog", (dialog) => {
  messages.push("dialog: " + dialog.message());
  return dialog.dismiss();
});

const does = {
  go: (url) => page.goto(url, { waitUntil: "load" }),
  size: ([width, height, deviceScaleFactor]) => page.setViewport({ width, height, deviceScaleFactor: deviceScaleFactor ?? 1 }),
  scheme: (value) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]),
  click: (selector) => page.click(selector),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  read: async (script) => values.push(await page.evaluate(script)),
  until: (script) => page.waitForFunction(script, { timeout: 20000 }),
  shot: (path) => page.screenshot({ path }),
  font: async () => {
    const file = fileURLToPath(import.meta.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"));
    await page.setBypassCSP(true);
    await page.reload();
    await page.addStyleTag({ content: `@font-face { font-family: "Inter Variable"; font-weight: 100 900;
      src: url(data:font/woff2;base64,${readFileSync(file, "base64")}) }` });
    await page.evaluate("Promise.all(['400', '500', '650'].map((weight) => document.fonts.load(weight + ' 14px \"Inter Variable\"')))");
  },
};
try {
  for (const step of JSON.parse(readFileSync(0))) {
    const [[name, value]] = Object.entries(step);
    try {
      await does[name](value);
    } catch (error) {
      throw new Error(`${JSON.stringify(step)}: ${error.message}; the page is at ${page.url()}; it wrote ${messages.join("\n")}`);
    }
  }
  console.log(JSON.stringify({ values, requests, messages }));
} finally {
  await browser.close();
}
