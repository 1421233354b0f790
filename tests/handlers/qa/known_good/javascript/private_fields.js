class A {
  #p = 1
  static #count = 0
  static { A.#count++ }
  get v() { return this.#p ?? 0 }
  async *[Symbol.iterator]() {}
  has(o) { return #p in o }
  'quoted key'() {}
  static async = 1
}
