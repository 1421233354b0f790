const s = `a ${b ? `c ${d}` : ''} }${`\``}`
const r = /[/\]'"`]+(?<year>\d{4})\//giu.test(s) ? a / b / c : x /= 2
if (a) /re/.exec(b)
const t = tag`x${1}`
