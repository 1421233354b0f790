const big = 1_000n ** 2n, h = 0xff, o = 0o17, { length } = 'x'
let a = b
++c
var undefinedYet, let1 = 2
for (const k in o);
do x++; while (x < 3) y
