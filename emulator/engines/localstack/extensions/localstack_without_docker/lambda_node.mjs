// Runs inside an execution environment of Node.js: reads one invocation per line, writes one outcome per line.
// When standard input ends, LocalStack has ended, and this process kills itself and all that it started.

import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

const root = process.env.LAMBDA_TASK_ROOT;
process.stdout.write = process.stderr.write.bind(process.stderr); // a handler's output goes to its log

function send(outcome) {
  let line = Buffer.from(JSON.stringify(outcome) + "\n");
  while (line.length) {
    try {
      line = line.subarray(writeSync(1, line));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function report(error, requestId) {
  const stack = String(error?.stack ?? "").split("\n");
  console.error(error);
  return { errorType: error?.name ?? "Error", errorMessage: error?.message ?? String(error), requestId, trace: stack };
}

async function load(name) {
  const at = name.lastIndexOf(".");
  const module = path.join(root, name.slice(0, at));
  const file = [".mjs", ".js", ".cjs"].map((end) => module + end).find(existsSync);
  if (!file) {
    const missing = new Error(`Cannot find module '${name.slice(0, at)}'`);
    missing.name = "Runtime.ImportModuleError";
    throw missing;
  }
  const loaded = file.endsWith(".cjs") ? createRequire(file)(file) : await import(pathToFileURL(file));
  const handler = loaded[name.slice(at + 1)] ?? loaded.default?.[name.slice(at + 1)];
  if (typeof handler !== "function") {
    const missing = new Error(`${name} is undefined or not exported`);
    missing.name = "Runtime.HandlerNotFound";
    throw missing;
  }
  return handler;
}

function contextOf(request) {
  return {
    awsRequestId: request.request_id,
    invokedFunctionArn: request.invoked_function_arn,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, request.deadline_ms - Date.now()),
  };
}

function call(handler, request) {
  const context = contextOf(request);
  if (handler.length < 3) return Promise.resolve(handler(request.event, context));
  return new Promise((resolve, reject) => {
    const answered = handler(request.event, context, (error, result) => (error ? reject(error) : resolve(result)));
    answered?.then?.(resolve, reject);
  });
}

let handler;
try {
  handler = await load(process.env._HANDLER);
} catch (error) {
  send({ error: report(error, "") });
  process.exit(1);
}
send({ ready: true });
const lines = readline.createInterface({ input: process.stdin });
lines.on("close", () => process.kill(-process.pid, "SIGKILL"));
for await (const line of lines) {
  const request = JSON.parse(line);
  process.env._X_AMZN_TRACE_ID = request.trace_id;
  try {
    send({ result: (await call(handler, request)) ?? null });
  } catch (error) {
    send({ error: report(error, request.request_id) });
  }
}
