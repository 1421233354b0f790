import type { A } from './a'
import { type B, C } from './b'
export type { A }
export abstract class X<T extends object = {}> implements I<T>, J {
  private readonly #x!: number
  constructor(private a: string, public readonly b?: number) { super() }
  abstract m(): void
  static override async *f<K extends keyof T>(this: X<T>, k: K): AsyncGenerator<T[K]> { yield null! }
  declare y: string
  accessor z = 1
}
