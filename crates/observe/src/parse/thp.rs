//! `/sys/kernel/mm/transparent_hugepage` (mm/huge_memory.c): settings whose choice is in brackets.

/// The chosen word of `always [madvise] never`; `None` where no word is in brackets.
pub fn chosen(bytes: &[u8]) -> Option<&str> {
    let start = bytes.iter().position(|byte| *byte == b'[')? + 1;
    let length = bytes[start..].iter().position(|byte| *byte == b']')?;
    std::str::from_utf8(&bytes[start..start + length]).ok().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_word_in_brackets_is_the_choice() {
        assert_eq!(chosen(b"always [madvise] never\n"), Some("madvise"));
        assert_eq!(chosen(b"always defer [defer+madvise] madvise never\n"), Some("defer+madvise"));
        for text in ["", "always", "[", "[]", "]always["] {
            assert_eq!(chosen(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = chosen(&bytes);
        }
    }
}
