pub struct A<'a> {
    pub b: &'a (dyn Unpin + for<'b> Trait<'b>),
}

fn f() {
    let _ = #[allow(unused)] 1;
    let g = |#[allow(unused)] x: i32| x;
    #[cfg(test)]
    println!("{}", g(1));
}
