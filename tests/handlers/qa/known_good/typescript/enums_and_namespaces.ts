enum E { A = 1, B = 'b', C = A << 2 }
const enum D {}
namespace N.M { export let a = 1 }
abstract class Q { @dec() @other p?: string; @hook m(@inject() a: A) {} }
