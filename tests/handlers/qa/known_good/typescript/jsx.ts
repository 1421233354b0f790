const C: React.FC<P> = ({ a }) => <div<string> id={a as string}>{a! > 1 && <b/>}</div>
