function assert(v: unknown): asserts v is string;
function assert(v: any) { return v!.a!.b<number>(1) as const }
declare module 'x' { export const a: number }
declare global { interface Window { a: 1 } }
export = foo
