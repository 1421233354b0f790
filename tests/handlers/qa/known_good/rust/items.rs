async fn f() -> impl Future<Output = Result<(), Box<dyn std::error::Error>>> { todo!() }
unsafe extern "C" { fn g(x: *const u8, ...); }
pub trait T { const N: usize; type A<'a> where Self: 'a; fn h(self: Box<Self>); }
union U { a: u8 }
const fn k<const N: usize>() -> [u8; N] { [0; N] }
static mut X: i32 = -1;
#[cfg(test)]
mod tests { use super::*; #[test] #[should_panic(expected = "x")] fn t() { assert_eq!(1, 1, "m {}", 2); } }
