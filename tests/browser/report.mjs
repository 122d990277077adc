// Tests of the report in a real browser: node report.mjs BROWSER SEARCH HOSTILE LARGE WATCHED, the last four being pages.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const [executablePath, search, hostile, large, watched] = process.argv.slice(2);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const browser = await puppeteer.launch({
  executablePath,
  headless: true,
  userDataDir: mkdtempSync(join(tmpdir(), "browser-")),
  args: [...flags, "--disable-component-update", "--disable-sync"],
});
const tests = [];
const test = (name, run) => tests.push({ name, run });

/** Opens a page; whatever it prints, requests or throws is a failure. */
async function open(path, { fragment = "", width = 1280, scheme = "light", scripts = true } = {}) {
  const page = await browser.newPage();
  page.noise = [];
  page.on("console", (message) => page.noise.push(message.text()));
  page.on("pageerror", (error) => page.noise.push(String(error)));
  page.on("dialog", (dialog) => page.noise.push("dialog " + dialog.message()));
  page.on("request", (request) => request.url().startsWith("file://") || page.noise.push(request.url()));
  await page.setJavaScriptEnabled(scripts);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto("file://" + path + fragment, { waitUntil: "load" });
  return page;
}

async function close(page) {
  assert.deepEqual(page.noise, []);
  await page.close();
}

const countText = (page) => page.$eval("#count", (output) => output.textContent);
const cells = (page, column) =>
  page.$$eval("#table tbody tr[data-index]", (rows, at) => rows.map((row) => row.cells[at].textContent), column);
const fragment = (page) => page.evaluate(() => location.hash);

test("the page shows the search", async () => {
  const page = await open(search);
  assert.equal(await countText(page), "120 of 120 trials");
  assert.match(await page.$eval(".figures", (figures) => figures.innerText), /best\s+1\.994550/);
  assert.equal((await page.$$("svg.plot")).length, 2);
  assert.deepEqual((await cells(page, 0)).slice(0, 3), ["000", "001", "002"]);
  assert.match(await page.$eval("#failures", (section) => section.innerText), /crash\s+17/);
  await close(page);
});

test("the search box filters, and the fragment keeps it", async () => {
  const page = await open(search);
  await page.keyboard.press("/");
  await page.keyboard.type("idea_7");
  await page.keyboard.press("Escape");
  assert.match(await countText(page), /^11 of 120/);
  assert.match(await fragment(page), /q=idea_7/);
  await page.reload();
  assert.match(await countText(page), /^11 of 120/);
  assert.equal(await page.$eval("#search", (input) => input.value), "idea_7");
  await page.click("#reset");
  assert.match(await countText(page), /^120 of 120/);
  await close(page);
});

test("status, specialist and domain filter together", async () => {
  const page = await open(search);
  await page.select("#status", "crash");
  assert.match(await countText(page), /^17 of 120/);
  await page.select("#specialist", "tok");
  await page.select("#domain", "data");
  const shown = await cells(page, 1);
  assert.ok(shown.length > 0 && shown.every((status) => status === "crash"));
  assert.match(await fragment(page), /status=crash&specialist=tok&domain=data/);
  await close(page);
});

test("a header sorts by its column in both directions, empty cells last", async () => {
  const page = await open(search);
  const header = '[data-column="val_bpb"]';
  await page.click(header + " button");
  assert.equal(await page.$eval(header, (cell) => cell.getAttribute("aria-sort")), "ascending");
  assert.equal((await cells(page, 2))[0], "1.0 (invalid)");
  await page.click(header + " button");
  assert.equal(await page.$eval(header, (cell) => cell.getAttribute("aria-sort")), "descending");
  assert.notEqual((await cells(page, 2))[0], "");
  await page.$eval("#table-box", (box) => box.scrollTo(0, box.scrollHeight));
  await page.waitForFunction(() => document.querySelector("#table tbody").lastChild.previousSibling.cells[2].textContent === "");
  await close(page);
});

test("a trial opens with its relatives and closes again", async () => {
  const page = await open(search, { fragment: "#trial=029&open=1" });
  const text = await page.$eval("#panel", (panel) => panel.innerText);
  assert.match(text, /Trial 029/);
  assert.match(text, /Ancestors, oldest first\n000 baseline/);
  assert.match(text, /Tried from it/);
  assert.match(text, /Earlier trials with similar words/);
  await page.keyboard.press("Escape");
  assert.equal(await page.$eval("#panel", (panel) => panel.hidden), true);
  await page.click("#table tbody tr[data-index='1']");
  assert.match(await page.$eval("#panel h2", (title) => title.textContent), /Trial 001/);
  await close(page);
});

test("the second of two trials with an id can be opened", async () => {
  const page = await open(hostile);
  const rows = await page.$$("#table tbody tr[data-index]");
  await rows.at(-1).click();
  assert.equal(await page.$eval("#panel h2", (title) => title.textContent), "Trial 001 (row 9)");
  await close(page);
});

test("an edit in other words is found again", async () => {
  const page = await open(hostile, { fragment: "#trial=007&open=1" });
  const text = await page.$eval("#panel", (panel) => panel.innerText);
  assert.match(text, /similar words, the most similar first\n006 discard/);
  await close(page);
});

test("a trial with a snapshot shows its patch", async () => {
  const page = await open(hostile, { fragment: "#trial=001&open=1" });
  assert.match(await page.$eval("#panel pre", (pre) => pre.textContent), /-rate = 1\n\+rate = 2 # <\/script>/);
  await page.evaluate(() => change({ trial: "005" })); // a discard
  assert.match(await page.$eval("#panel pre", (pre) => pre.textContent), /\+rate = 3/);
  await close(page);
});

test("j, k and Enter walk through the table", async () => {
  const page = await open(search);
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  assert.equal(await page.$eval('#table tr[aria-selected="true"] td', (cell) => cell.textContent), "001");
  await page.keyboard.press("Enter");
  assert.match(await page.$eval("#panel h2", (title) => title.textContent), /Trial 001/);
  await close(page);
});

test("the tree folds and unfolds by keyboard", async () => {
  const page = await open(search);
  const open_ = () => page.evaluate(() => document.activeElement.getAttribute("aria-expanded"));
  await page.focus('#tree-root [role="treeitem"]');
  assert.equal(await open_(), "true");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await open_(), "false");
  await page.keyboard.press("ArrowRight");
  assert.equal(await open_(), "true");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.innerText), /^009 keep/);
  await page.keyboard.press("Enter");
  assert.match(await page.$eval("#panel h2", (title) => title.textContent), /Trial 009/);
  const folded = await page.$$eval('[aria-expanded="false"]', (items) => items.map((item) => item.innerText));
  assert.ok(folded.some((text) => /^\d+ failed trials?$/.test(text)), String(folded));
  await close(page);
});

test("the tree is dragged with the mouse, which opens no trial", async () => {
  const page = await open(search, { width: 700 });
  await page.$eval(".tree-box", (tree) => tree.scrollIntoView());
  const { x, y } = await (await page.$(".tree-box")).boundingBox();
  const scrolled = () => page.$eval(".tree-box", (tree) => tree.scrollTop);
  await page.$eval(".tree-box", (tree) => tree.style.setProperty("height", "100px"));
  await page.mouse.move(x + 200, y + 80);
  await page.mouse.down();
  await page.mouse.move(x + 200, y + 30, { steps: 5 });
  await page.mouse.up();
  assert.equal(await scrolled(), 50);
  assert.equal(await page.$eval("#panel", (panel) => panel.hidden), true);
  await page.mouse.click(x + 200, y + 30);
  assert.equal(await page.$eval("#panel", (panel) => panel.hidden), false);
  await close(page);
});

test("the plot names the trial under the pointer, opens it, and filters by a brush", async () => {
  const page = await open(search);
  const box = await (await page.$(".plot-box.wide svg")).boundingBox();
  const best = await page.evaluate(() => {
    const { x, y } = data.plots.wide;
    return { x: place(109, x) / 1280, y: place(1.99455, y) / 560 };
  });
  const [x, y] = [box.x + best.x * box.width, box.y + best.y * box.height];
  await page.mouse.move(x, y);
  assert.match(await page.$eval("#hint", (hint) => hint.textContent), /^109 keep 1\.994550/);
  await page.mouse.click(x, y);
  assert.match(await page.$eval("#panel h2", (title) => title.textContent), /Trial 109/);
  await page.keyboard.press("Escape");
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y);
  await page.mouse.up();
  const [, shown, from, to] = (await countText(page)).match(/^(\d+) of 120 trials, numbers (\d+) to (\d+)/).map(Number);
  assert.equal(shown, to - from + 1);
  await close(page);
});

test("a watched page keeps its view when it reloads", async () => {
  const page = await open(watched);
  await page.focus('#tree-root [role="treeitem"]');
  const unfold = ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"]; // to a trial in a group that was folded
  for (const key of [...Array(40).fill("ArrowDown"), ...unfold]) await page.keyboard.press(key);
  const view = () =>
    page.evaluate(() => ({
      scroll: document.querySelector("#table-box").scrollTop,
      tree: document.querySelector("#tree-root").innerText,
      focus: document.activeElement.innerText,
      sort: location.hash,
    }));
  await page.evaluate(() => change({ sort: "-val_bpb" }));
  await page.$eval("#table-box", (box) => box.scrollTo(0, 640));
  const before = await view();
  assert.equal(before.scroll, 640);
  assert.match(before.focus, /^\d+ (crash|eval_budget_overrun) /);
  await page.evaluate(() => {
    window.isOld = true;
    setTimeout(reloadPage);
  });
  await page.waitForFunction(() => !window.isOld && document.readyState === "complete");
  assert.deepEqual(await view(), before);
  await close(page);
});

test("dark and light have their own colours", async () => {
  const color = async (scheme) => {
    const page = await open(search, { scheme });
    const read = (selector, key) => page.$eval(selector, (found, key) => getComputedStyle(found)[key], key);
    const colors = [await read("body", "backgroundColor"), await read(".plot .background", "fill")];
    await close(page);
    return colors;
  };
  assert.deepEqual(await color("light"), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
  assert.deepEqual(await color("dark"), ["rgb(13, 17, 23)", "rgb(13, 17, 23)"]);
});

test("print and no script show the keeps", async () => {
  const page = await open(search);
  const isShown = (page, selector) => page.$eval(selector, (found) => found.offsetParent !== null);
  assert.equal(await isShown(page, "#keeps"), false);
  await page.emulateMediaType("print");
  assert.deepEqual([await isShown(page, "#keeps"), await isShown(page, "#trials")], [true, false]);
  await close(page);
  const plain = await open(search, { scripts: false });
  const text = await (await plain.$("#keeps")).evaluate((section) => section.innerText);
  assert.match(text, /Without JavaScript/);
  assert.match(text, /109\s/);
  await close(plain);
});

test("nothing is wider than a small screen", async () => {
  for (const width of [1440, 1024, 390]) {
    const page = await open(search, { width });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await close(page);
  }
});

test("every control has a name, and levels of headings are not skipped", async () => {
  const page = await open(search, { fragment: "#trial=029&open=1" });
  const nameless = await page.$$eval("button, input, select, [role]", (controls) =>
    controls
      .filter((control) => !(control.labels?.length || control.getAttribute("aria-label") || control.textContent.trim()))
      .filter((control) => control.getAttribute("role") !== "group" && !control.querySelector("title"))
      .map((control) => control.outerHTML),
  );
  assert.deepEqual(nameless, []);
  const levels = await page.$$eval("h1, h2, h3", (titles) => titles.map((title) => Number(title.tagName[1])));
  assert.ok(levels.every((level, at) => at === 0 || level <= levels[at - 1] + 1), String(levels));
  await close(page);
});

test("an accessibility checker finds nothing", async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const scheme of ["light", "dark"]) {
    for (const [path, fragment] of [[search, "#trial=001&sort=val_bpb"], [search, "#trial=029&open=1"], [hostile, "#trial=005&open=1"]]) {
      const page = await open(path, { fragment, scheme });
      await page.evaluate(axe); // runs outside the policy of the page
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      const texts = found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
      assert.deepEqual(texts, [], `${scheme} ${fragment}`);
      await close(page);
    }
  }
});

test("hostile texts are shown as text", async () => {
  const page = await open(hostile);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  const shown = (await cells(page, 6)).join("\n");
  assert.match(shown, /<\/script><script>window\.wasRun=1<\/script>/);
  for (const id of ["001", "002", "003", "004"]) {
    await page.evaluate((id) => change({ trial: id, open: "1" }), id);
    assert.equal(await page.$$eval("#panel img, #panel script, #panel svg", (found) => found.length), 0);
  }
  assert.match(await page.$eval("#prompts pre", (pre) => pre.textContent), /wasRun/);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  const blocked = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.wasRun = 1";
    document.body.append(script);
    return window.wasRun === undefined;
  });
  assert.ok(blocked, "the policy of the page allows a foreign script");
  page.noise.length = 0; // the browser reports what it blocked
  await close(page);
});

test("a page of ten thousand trials opens soon and holds few rows", async () => {
  const page = await open(large);
  const timing = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventStart);
  console.log(`opened 10,000 trials in ${Math.round(timing)} ms`);
  assert.match(await countText(page), /^10000 of 10000/);
  assert.ok((await page.$$("#table tbody tr")).length < 60);
  await page.$eval("#table-box", (box) => box.scrollTo(0, box.scrollHeight));
  await page.waitForFunction(() => document.querySelector("#table tbody").innerText.includes("9999"));
  await page.keyboard.press("/");
  await page.keyboard.type("idea_9998");
  assert.match(await countText(page), /^1 of 10000/);
  assert.ok(timing < 5000, `${timing} ms`);
  await close(page);
});

let failed = 0;
for (const { name, run } of tests) {
  try {
    await run();
    console.log("ok", name);
  } catch (error) {
    failed += 1;
    console.log("FAILED", name, "\n", error.stack);
  }
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
