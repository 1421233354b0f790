macro_rules! m { ($($x:expr),* $(,)?) => {{ $(println!("{}", $x);)* }}; () => {}; }
fn main() {
    let Some(x) = opt else { return };
    let r = r#"raw "quote" {"#; let b = b'\''; let c = 'a'; let bytes = br"x"; let life: &'static str = "\u{1F600}";
    if let Some(y) = z && y > 1 { }
    match n { 0..=9 | 20 => {}, x @ 10.. if x % 2 == 0 => {}, [first, .., last] => {}, Point { x, y: _, .. } => {}, _ => unreachable!() }
    'outer: loop { break 'outer; }
    let v: Vec<Vec<i32>> = vec![vec![1; 3]]; let t = (1,).0; let n = 1_000u64 as f32; let e = "1".parse::<i32>()?;
    let f = async move |x: i32| -> i32 { x.await }; m!(1, 2,); println!("{x:?} {}", y);
}
