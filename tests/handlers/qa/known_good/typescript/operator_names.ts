// Variables that are named as type operators are, compared by `<`.
for (let i = 0; i < unique.length; i++) {
  if (i < infer || i < keyof) {
    while (unique[i] < readonly) i += 1;
  }
}
const order = a < infer;
const both = a < keyof && b > asserts;
type Element<T> = T extends (infer U)[] ? U : never;
declare const key: Map<keyof Element<string>, unique symbol>;
