//! Copies that reuse the memory of what they replace, so that a tick allocates nothing.

/// Implements `Clone` for a struct of the named fields, with a `clone_from` that goes field by field;
/// a derived one would allocate afresh. A field left out does not compile.
macro_rules! clone_in_place {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl Clone for $type {
            fn clone(&self) -> Self {
                let Self { $($field),+ } = self;
                Self { $($field: Clone::clone($field)),+ }
            }

            fn clone_from(&mut self, other: &Self) {
                let Self { $($field),+ } = other;
                $(Clone::clone_from(&mut self.$field, $field);)+
            }
        }
    };
}

pub(crate) use clone_in_place;
