type M<T> = { readonly [K in keyof T as `get${Capitalize<K & string>}`]?: T[K] extends (infer U)[] ? U : never }
type F = new (...args: any[]) => string
type G = (x: any) => asserts x is string
type T1 = [a: string, b?: number, ...rest: boolean[]]
let x = <const>['a'] as unknown as Foo[] satisfies Bar
