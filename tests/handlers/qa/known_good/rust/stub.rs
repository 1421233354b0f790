pub fn reply(_message: &str) -> &str {
    unimplemented!("write this")
}
