// Opens a page in a headless browser without network, and prints what a person would
// see, as JSON. Usage: node look.mjs FILE
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({
  args: [...chromium.args, "--no-sandbox"],
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
try {
  const page = await browser.newPage();
  const requests = [], errors = [], dialogs = [];
  page.on("request", (request) => {
    if (!/^(data|file):/.test(request.url())) requests.push(request.url());
  });
  page.on("console", (message) => errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  await page.goto(pathToFileURL(process.argv[2]).href, { waitUntil: "load" });
  // Images are loaded once they are scrolled to.
  await page.evaluate(() =>
    Promise.all([...document.images].map((image) => {
      image.loading = "eager";
      return image.decode().catch(() => {});
    })));
  const seen = await page.evaluate(() => ({
    title: document.title,
    tasks: [...document.querySelectorAll("#tasks tbody tr")].map((row) => row.cells[0].innerText),
    statuses: [...document.querySelectorAll("#tasks tbody tr")].map((row) => row.cells[1].innerText),
    images: [...document.querySelectorAll("#tasks img")].map((image) => image.naturalWidth),
    bars: [...document.querySelectorAll("#timeline .track span")].map((bar) => ({
      width: bar.getBoundingClientRect().width,
      inside: bar.getBoundingClientRect().right <= bar.parentElement.getBoundingClientRect().right + 4,
    })),
    letters: document.querySelectorAll("#letters tbody tr").length,
    scripts: document.querySelectorAll("script").length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  console.log(JSON.stringify({ ...seen, requests, errors, dialogs }));
} finally {
  await browser.close();
}
