const f = <T,>(x: T) => x, g = async <T extends U>(x: T): Promise<T> => x
let u: unique symbol, o: typeof import('x'), v: A.B<C<D>>[]
for (const [k, v] of Object.entries<number>(o)) {}
