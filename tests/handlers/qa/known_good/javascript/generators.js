function* g() { const x = yield* h(); yield }
export { g as 'string name' }
if (a) ; else if (b) { } else c()
