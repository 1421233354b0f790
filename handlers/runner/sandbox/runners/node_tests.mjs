// Runs the test files below the working folder, and reports each test in a line of JSON on descriptor 3.
//
// Each file runs in its own process, from which node:test reports directly: a test's output is never read as a result.
// The files are those that `node --test` finds: nodejs.org/api/test.html#running-tests-from-the-command-line

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

const LARGEST_REPORT = 4 * 1024 * 1024;
const NAMED = /^(test|test-.+|.+[.\-_]test)\.[cm]?js$/;
const SCRIPT = /\.[cm]?js$/;

const KEY = randomBytes(16).toString("hex");
const asModule = (source) => `data:text/javascript,${encodeURIComponent(source)}`;

const REPORTER = asModule(`
import { writeSync } from "node:fs";
const say = (message) => writeSync(3, JSON.stringify({ ...message, key: "${KEY}" }) + "\\n");
const badly = (data) => data.todo !== undefined ? "skipped" : "failed";
const outcome = (type, data) => data.skip !== undefined ? "skipped" : type === "test:pass" ? "passed" : badly(data);
export default async function* (source) {
  for await (const { type, data } of source) {
    if ((type === "test:pass" || type === "test:fail") && data.details?.type !== "suite") {
      const error = data.details?.error;
      const message = String(error?.cause?.stack ?? error?.message ?? "").slice(0, 8000);
      say({ test: data.name, outcome: outcome(type, data), seconds: (data.details?.duration_ms ?? 0) / 1000, message });
    }
  }
  say({ over: true });
}`);

// A file without tests, such as a helper of other tests, ends when its event loop is empty.
const ENDING = asModule(`
import { writeSync } from "node:fs";
process.once("beforeExit", () => writeSync(3, '{"over":true,"key":"${KEY}"}\\n'));`);

const OPTIONS = [
  ...["--import", ENDING],
  ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
  ...[`--test-reporter=${REPORTER}`, "--test-reporter-destination=stdout"],
];

let lines = 0;
const say = (message) => {
  writeSync(3, JSON.stringify(message) + "\n");
  lines += 1;
};

function* testFiles(folder, inTests) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules") yield* testFiles(path, inTests || entry.name === "test");
    else if (entry.isFile() && (inTests ? SCRIPT : NAMED).test(basename(path))) yield path;
  }
}

function runFile(file) {
  say({ began: file });
  const ended = spawnSync(process.execPath, [...OPTIONS, file], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
    maxBuffer: LARGEST_REPORT,
  });
  const lines = String(ended.output?.[3] ?? "").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  for (const { key, ...line } of lines) {
    if (key === KEY && line.test !== undefined) say({ ...line, test: `${file}: ${line.test}` });
  }
  const fault = faultOf(ended, lines);
  if (fault) say({ test: file, outcome: "error", seconds: 0, message: fault });
}

function faultOf(ended, lines) {
  if (ended.error) return String(ended.error);
  if (lines.some((line) => line.key !== KEY)) return "It wrote into the report on its tests.";
  if (ended.status !== 0 && !lines.some((line) => line.outcome === "failed")) {
    return `It ended with ${ended.signal ?? `status ${ended.status}`}.`;
  }
  return lines.some((line) => line.over) ? "" : "It ended before its tests were over.";
}

for (const file of testFiles(".", false)) runFile(file);
say({ complete: lines });
