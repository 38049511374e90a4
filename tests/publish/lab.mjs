// Drives JupyterLab as a person would: open a notebook, type into its parameters cell, Run All Cells, read what appears.
// node lab.mjs CHROMIUM URL PROFILE, with JSON on standard input: [{ code, cell, expect }, ...]; prints what the
// named cell showed after each run.
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const [chromium, url, profile] = process.argv.slice(2);
const runs = JSON.parse(readFileSync(0, "utf-8"));
const PATIENCE = 240_000;

const browser = await puppeteer.launch({
  executablePath: chromium,
  userDataDir: profile,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 9000 });
  const elsewhere = [];
  page.on("request", (r) => {
    const { protocol, hostname } = new URL(r.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") elsewhere.push(r.url());
  });
  await page.goto(url, { waitUntil: "domcontentloaded", timeout: PATIENCE });
  await page.waitForSelector(".jp-NotebookPanel .jp-CodeCell .cm-content", { timeout: PATIENCE });
  await page.waitForFunction(() => document.querySelector("#jp-main-statusbar")?.innerText.includes("| Idle"),
    { timeout: PATIENCE }); // before, Run All does nothing and says nothing

  const choose = async (menu, item) => {
    const click = async (selector, text) => {
      const handle = await page.waitForFunction((s, t) =>
        [...document.querySelectorAll(s)].find((e) => e.textContent.trim() === t), { timeout: PATIENCE }, selector, text);
      await handle.asElement().click();
    };
    await click(".lm-MenuBar-item", menu);
    await click(".lm-Menu-item .lm-Menu-itemLabel", item);
  };

  const shown = [];
  for (const { code, cell, expect } of runs) {
    const first = await page.waitForFunction(() =>
      [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")].find((c) =>
        c.querySelector(".cm-content")?.textContent.includes("protocol_sha256 =")), { timeout: PATIENCE });
    const editor = await first.asElement().$(".cm-content");
    await editor.click();
    await page.keyboard.down("Control");
    await page.keyboard.press("KeyA");
    await page.keyboard.up("Control");
    await page.keyboard.sendCharacter(code); // as pasted: nothing is completed by the editor
    await choose("Run", "Run All Cells");
    const seen = await page.waitForFunction((source, text) => {
      const cell = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")]
        .find((c) => c.querySelector(".cm-content")?.textContent.includes(source));
      const output = [...(cell?.querySelectorAll(".jp-OutputArea-output") ?? [])].map((o) => o.innerText).join("\n");
      return output.includes(text) ? output : null;
    }, { timeout: PATIENCE, polling: 250 }, cell, expect);
    shown.push(await seen.jsonValue());
  }
  const asked = await page.evaluate(() => document.body.innerText.includes("Jupyter news"));
  console.log(JSON.stringify({ shown, asked, elsewhere }));
} finally {
  await browser.close();
}
