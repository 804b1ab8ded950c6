//! A program of Rust whose names are mangled.

mod shop {
    pub struct Cart<T>(pub Vec<T>);
    impl<T> Cart<T> {
        #[inline(never)]
        pub fn add(&mut self, item: T) {
            self.0.push(item);
        }
    }
}

fn main() {
    let mut cart = shop::Cart(Vec::new());
    cart.add(std::env::args().count());
    assert_eq!(cart.0.len(), 1);
}
