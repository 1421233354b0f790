const f = async ({ a = 1, ...rest }, [b, , c] = []) => ({ ...rest, [a]: b, c, get d() { return 1 } })
a?.b?.[c]?.(d) ?? (e ||= f) ?? (g &&= h)
for await (const x of y) label: for (;;) { continue label }
