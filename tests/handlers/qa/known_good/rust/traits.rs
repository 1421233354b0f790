#![allow(dead_code)]
//! Crate docs.
use std::{collections::HashMap as Map, fmt::{self, Display}, io::*};

/// Docs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct P<'a, T: ?Sized + 'a, const N: usize = 3>(pub &'a T, [u8; N]) where T: Display;

impl<'a, T> Iterator for P<'a, T> where T: for<'b> Fn(&'b str) -> &'b str {
    type Item = Box<dyn Fn(i32) -> i32 + Send + 'a>;
    fn next(&mut self) -> Option<Self::Item> { None }
}

fn bounded<'a>(call: Box<dyn 'a + Fn()>, send: &(dyn 'static + Send)) -> Vec<Box<dyn 'a + Fn(&str) -> u8>> {
    drop((call, send));
    Vec::new()
}
